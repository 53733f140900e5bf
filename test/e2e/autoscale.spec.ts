import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineTasks } from '../fixtures/apps/engine/engine.tasks.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig } from './outcomes/process-rig.js';

const soon = { timeout: '60s' } as const;

describe.each(['prefork', 'threads', 'async'] as const)('an autoscaled worker on %s', (pool) => {
  it('goes from 1 to 4 with a burst of 400 tasks and back to 1, and runs each of them once', async () => {
    const rig = await openProcessRig([EngineTasks]);
    onTestFinished(() => rig.close());
    const { client } = rig;
    const options = { pool, autoscale: { min: 1, max: 4, keepalive: '1s' } };
    const worker = rig.start('engine/worker', { env: { RUN_OPTIONS: JSON.stringify(options) } });
    await worker.ready();
    const trace = (): readonly string[] =>
      [...worker.stdout().matchAll(/The pool (?:grows|shrinks) from (\d) to (\d)/g)].map(
        ([, from, to]) => `${from}-${to}`,
      );

    const { burn, rest } = client.for(EngineTasks);
    const work = pool === 'async' ? rest : burn; // bodies that compute never take more than one slot of a loop
    const { results } = await client.sendMany(Array.from({ length: 400 }, () => work.s(10)));
    await Promise.all(results.map((result) => result.get(soon)));
    await eventually('it has shrunk', () => trace().at(-1)?.endsWith('-1'), 30_000);
    const late = await (await burn.delay(1)).get(soon);
    await rig.quiet();
    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect([trace()[0], typeof late]).toEqual(['1-4', 'string']);
    const runs = rig.rawEvents().filter(({ what }) => what === 'start');
    expect([runs.length, new Set(runs.map(({ id }) => id)).size]).toEqual([401, 401]);
    if (pool === 'prefork') expect(new Set(runs.map(({ pid }) => pid)).size).toBeLessThanOrEqual(4);
    expect(worker.stdout()).toContain('1 slot (autoscaled, 1 to 4)');
  });
});

describe('autoscaling that cannot be', () => {
  it.each<[string, object, string]>([
    [
      'min above max',
      { pool: 'prefork', autoscale: { min: 4, max: 1 } },
      '"worker.autoscale.min" to be at most "max" (1)',
    ],
    ['solo', { pool: 'solo', autoscale: { min: 1, max: 2 } }, '"worker.autoscale" to be left out for the pool "solo"'],
  ])('ends the worker with an error that says why: %s', async (_, options, message) => {
    const rig = await openProcessRig([]);
    onTestFinished(() => rig.close());

    const worker = rig.start('engine/worker', { env: { RUN_OPTIONS: JSON.stringify(options) } });

    expect(await worker.ended).toEqual({ code: 1, signal: null });
    expect(worker.stderr()).toContain(message);
  });
});
