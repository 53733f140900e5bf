import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig, type Line } from './celery-rig.js';

describeWithServer('redis', 'queues that Python and Nest share', () => {
  describeWithServer('celery', 'the newest Celery', (python) => {
    describeQueues(python);
    describePrefix(python);
  });
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeQueues(python));
});

const soon = { timeout: '20s' } as const;

function describeQueues(python: string): void {
  let rig: CeleryRig | undefined;

  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  const valuesOf = (lines: readonly Line[]): readonly unknown[] => lines.map(({ value }) => value);

  it.each([
    ['Nest', 'Python'],
    ['Python', 'Nest'],
  ])('runs the most urgent first: sent by %s, run by %s', async (sender, runner) => {
    rig = await CeleryRig.open({ python });
    const file = rig.file('order');
    const [name, queue] = runner === 'Nest' ? ['nest.append', 'nest'] : ['interop.append', 'celery'];
    for (const urgency of [0, 3, 6, 9]) {
      const args = [urgency, file];
      if (sender === 'Nest') await rig.nest.send(name, args, { queue, priority: urgency });
      else await rig.python.send({ name, args, options: { queue, priority: 9 - urgency } });
    }

    if (runner === 'Nest') await rig.startNest(['nest'], 'solo');
    else await rig.startPython();

    expect(valuesOf(await rig.lines('order', 4))).toEqual([9, 6, 3, 0]);
  });

  it('takes from several queues on both sides', async () => {
    rig = await CeleryRig.open({ python });
    await Promise.all([rig.startNest(['nest', 'more é', 'third']), rig.startPython(['celery', 'other'])]);
    const { python: driver, nest } = rig;
    const ofNest = ['nest', 'more é', 'third'].map(async (queue, n) => {
      const id = await driver.send({ name: 'nest.add', args: [n, 1], options: { queue } });
      return (await driver.get(id, 20)).result;
    });
    const ofPython = ['celery', 'other'].map(async (queue, n) =>
      (await nest.send('interop.add', [n, 1], { queue })).get(soon),
    );

    expect(await Promise.all(ofNest)).toEqual([1, 2, 3]);
    expect(await Promise.all(ofPython)).toEqual([1, 2]);
  });

  it.each(['prefork', 'threads'])('is served by the pool %s as well', async (pool) => {
    rig = await CeleryRig.open({ python });
    await rig.startNest(['nest'], pool);
    const id = await rig.python.send({ name: 'nest.retry_twice', options: { queue: 'nest' } });

    expect(await rig.python.get(id, 20)).toMatchObject({ state: 'SUCCESS', result: 2 });
  });
}

function describePrefix(python: string): void {
  describe('below a key prefix', () => {
    let rig: CeleryRig;

    beforeAll(async () => {
      rig = await CeleryRig.open({
        python,
        celery: { keyPrefix: 'app:' },
        nest: { broker: { keyPrefix: 'app:' }, results: { keyPrefix: 'app:' } },
      });
      await Promise.all([rig.startNest(), rig.startPython()]);
    });
    afterAll(() => rig?.close());

    it('calls in both directions, and leaves no key beside it', async () => {
      const id = await rig.python.send({ name: 'nest.add', args: [1, 2], options: { queue: 'nest', priority: 9 } });
      const result = await rig.nest.send('interop.add', [3, 4]);

      expect((await rig.python.get(id, 20)).result).toBe(3);
      expect(await result.get(soon)).toBe(7);
      expect(await rig.stored(id, 'app:')).toMatchObject({ status: 'SUCCESS', result: 3 });
      const keys = await rig.redis.keys('*');
      expect(keys.filter((key) => !key.startsWith('app:'))).toEqual([]);
    });
  });
}
