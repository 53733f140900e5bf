import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonSend } from '../../tools/python-driver.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { CeleryRig } from './celery-rig.js';

describeWithServer('redis', 'what follows from a task that a Nest worker runs for Python', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeFollowing(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeFollowing(python));
});

function describeFollowing(python: string): void {
  let rig: CeleryRig;
  let isNewest: boolean;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python, nest: { results: { extended: true } } });
    await Promise.all([rig.startNest(), rig.startPython()]);
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
  });
  afterAll(() => rig?.close());

  const send = ({ options, ...job }: PythonSend): Promise<string> =>
    rig.python.send({ ...job, options: { queue: 'nest', ...options } });
  const call = async (job: PythonSend) => rig.python.get(await send(job), 20);
  const runOf = async (job: PythonSend) => (await call(job)).result as Record<string, unknown>;
  const finished = (id: string) =>
    until(async () => (await rig.stored(id))?.['status'] === 'SUCCESS', { withinMs: 15_000, what: `${id} is done` });

  it('tells Python of each retry, with its error and traceback', async () => {
    const id = await send({ name: 'nest.retry_twice', args: ['1s'] });
    await until(async () => (await rig.stored(id))?.['status'] === 'RETRY', { withinMs: 10_000, what: 'a retry' });

    const waiting = await rig.python.get(id);
    const { state, result, told } = await rig.python.get(id, 20);

    expect(waiting).toMatchObject({
      state: 'RETRY',
      result: { value: { class: 'InteropError', module: 'interop_app', args: ['again', expect.any(Number)] } },
      traceback: expect.stringContaining('InteropError: again'),
    });
    expect([state, result, told.at(-1)]).toEqual(['SUCCESS', 2, 'SUCCESS']);
  });

  it('fails when no retry is left', async () => {
    const { state, result } = await call({ name: 'nest.retry_exhausted' });

    expect(state).toBe('FAILURE');
    expect(result).toMatchObject({ value: { class: 'MaxRetriesExceededError', module: 'celery.exceptions' } });
  });

  it('tells Python how far it is', async () => {
    const id = await send({ name: 'nest.progress', args: [3], options: { countdown: 0.5 } });

    const { told, result } = await rig.python.get(id, 20);

    expect(told).toEqual(['STARTED', 'PROGRESS', 'PROGRESS', 'PROGRESS', 'SUCCESS']);
    expect(result).toBe(3);
  });

  it('runs with all that Python said of it', async () => {
    const id = randomUUID();
    const run = await runOf({
      name: 'nest.request',
      kwargs: { a: 1 },
      options: {
        ...{ task_id: id, priority: 4, headers: { tenant: 'acme', trace: { id: 7 } }, shadow: 'shown' },
        ...{ time_limit: 30, soft_time_limit: 20, expires: 60, correlation_id: 'other' },
      },
    });

    expect(run).toMatchObject({
      ...{ id, task: 'nest.request', args: [], kwargs: { a: 1 }, rootId: id, retries: 0, shadow: 'shown' },
      ...{ timeLimitMs: 30_000, softTimeLimitMs: 20_000, ignoreResult: false },
      headers: { tenant: 'acme', trace: { id: 7 } },
      deliveryInfo: { exchange: '', routingKey: 'nest', queue: 'nest', redelivered: false, priority: 5 },
      hostname: expect.stringMatching(/^worker@/),
      origin: expect.stringMatching(/^gen\d+@/),
    });
    expect(run['parentId'] ?? null).toBeNull();
    expect(JSON.stringify(run['expires'])).toContain('datetime');
  });

  it('keeps with its result what it was and who ran it', async () => {
    const job = { name: 'nest.greet', args: ['Ada'], kwargs: { mark: '.' } };

    expect(await call(job)).toMatchObject({
      ...{ name: 'nest.greet', args: ['Ada'], kwargs: { mark: '.' }, retries: 0, queue: 'nest' },
      worker: expect.stringMatching(/^worker@/),
      date_done: expect.anything(),
    });
  });

  it('knows its children, of both sides, and they know where they come from', async () => {
    const id = await send({ name: 'nest.children', args: ['interop.request', []] });
    const parent = await rig.python.get(id, 20);
    const [child = ''] = parent.children;
    const { result } = await rig.python.get(child, 20);

    const ofNest = await send({ name: 'nest.children', args: ['nest.request', [], 'nest'] });
    const [childOfNest = ''] = (await rig.python.get(ofNest, 20)).children;

    expect([parent.result, parent.children]).toEqual([child, [child]]);
    expect(result).toMatchObject({ id: child, parent_id: id, root_id: id });
    expect((await rig.python.get(childOfNest, 20)).result).toMatchObject({ parentId: ofNest, rootId: ofNest });
    expect(await rig.stored(childOfNest)).toMatchObject({ parent_id: ofNest });
  });

  it('sends its links, to Python and to Nest, with its result', async () => {
    const [toPython, toNest] = [rig.file('link-python'), rig.file('link-nest')];
    const id = await send({
      name: 'nest.add',
      args: [2, 2],
      link: [
        { name: 'interop.append', args: [toPython] },
        { name: 'nest.append', args: [toNest], options: { queue: 'nest' } },
      ],
    });

    expect(await rig.lines('link-python', 1)).toMatchObject([{ value: 4 }]);
    expect(await rig.lines('link-nest', 1)).toMatchObject([{ value: 4, rootId: id, parentId: id }]);
    expect((await rig.python.get(id, 20)).children).toHaveLength(2);
  });

  it('sends its errbacks with its id, to Python and to Nest', async () => {
    const [toPython, toNest] = [rig.file('errback-python'), rig.file('errback-nest')];
    const id = await send({
      name: 'nest.fail',
      args: ['own'],
      link_error: [
        { name: 'interop.on_error', kwargs: { path: toPython } },
        { name: 'nest.on_error', args: [toNest], options: { queue: 'nest' } },
      ],
    });

    expect(await rig.lines('errback-python', 1)).toMatchObject([{ event: 'error', style: 'old', id }]);
    expect(await rig.lines('errback-nest', 1)).toEqual([{ event: 'error', id }]);
  });

  it('goes on with the next step of a chain', async () => {
    const file = rig.file('chain');
    const last = await rig.python.send({
      ...{ name: 'nest.add', args: [1, 2], options: { queue: 'nest' } },
      chain: [
        { name: 'nest.add', args: [10], options: { queue: 'nest' } },
        { name: 'interop.append', args: [file], options: { queue: 'celery' } },
      ],
    });

    expect((await rig.python.get(last, 20)).result).toBe(13);
    expect(await rig.lines('chain', 1)).toMatchObject([{ value: 13 }]);
  });

  it('keeps the id of its group, and its place where Celery tells it', async () => {
    const job = { name: 'nest.request', options: { queue: 'nest' } };
    const { id, members } = await rig.python.sendGroup([job, job]);

    const runs = await Promise.all(members.map(async (member) => (await rig.python.get(member, 20)).result));

    expect(runs).toMatchObject([
      { groupId: id, ...(isNewest && { groupIndex: 0 }) },
      { groupId: id, ...(isNewest && { groupIndex: 1 }) },
    ]);
    expect(await rig.stored(members[0] as string)).toMatchObject({ group_id: id });
  });

  it.each([
    ['its sender', 'nest.append', { ignore_result: true }],
    ['the task', 'nest.ignored', {}],
  ])('keeps no result that %s ignores', async (_, name, options) => {
    const file = `ignored-${name}`;
    const args = name === 'nest.append' ? ['x', rig.file(file)] : [rig.file(file)];
    const id = await send({ name, args, options });
    await rig.lines(file, 1);
    await call({ name: 'nest.add', args: [1, 1] });

    expect(await rig.python.get(id)).toMatchObject({ state: 'PENDING', result: null });
  });

  it('is kept from starting by Nest, as Python sees', async () => {
    const id = await send({ name: 'nest.append', args: ['ran', rig.file('revoked')], options: { countdown: 1 } });
    await rig.nest.revoke(id);

    const { state, result } = await rig.python.get(id, 20);

    expect(state).toBe('REVOKED');
    expect(result).toMatchObject({
      value: { class: 'TaskRevokedError', module: 'celery.exceptions', args: ['revoked'] },
    });
    expect(await rig.lines('revoked', 0)).toEqual([]);
  });

  it('is forgotten by either side', async () => {
    const [one, other] = [
      await send({ name: 'nest.add', args: [1, 1] }),
      await send({ name: 'nest.add', args: [1, 1] }),
    ];
    await Promise.all([finished(one), finished(other)]);

    await rig.python.forget(one);
    await rig.nest.result(other).forget();

    expect(await rig.nest.result(one).state()).toBe('PENDING');
    expect((await rig.python.get(other)).state).toBe('PENDING');
  });
}
