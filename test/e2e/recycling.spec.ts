import { describe, expect, it, onTestFinished } from 'vitest';
import { EngineTasks } from '../fixtures/apps/engine/engine.tasks.js';
import { covers } from '../tools/matrix.js';
import { eventually } from './outcomes/eventually.js';
import { openProcessRig } from './outcomes/process-rig.js';

const MEBI = 1024 ** 2;
const soon = { timeout: '30s' } as const;

async function setup(options: object) {
  const rig = await openProcessRig([EngineTasks]);
  onTestFinished(() => rig.close());
  const worker = rig.start('engine/worker', { env: { RUN_OPTIONS: JSON.stringify(options) } });
  const replaced = (): readonly string[] =>
    worker
      .stdout()
      .split('\n')
      .filter((line) => line.includes(' is replaced by '));
  return { ...rig, worker, replaced, tasks: rig.client.for(EngineTasks) };
}

describe.each(['prefork', 'threads'] as const)('a worker on %s that recycles', (pool) => {
  it('replaces children that have run enough tasks, and runs each of many once', async () => {
    covers(pool, 'recycle');
    const { client, tasks, worker, replaced, rawEvents, quiet } = await setup({
      pool,
      concurrency: 2,
      maxTasksPerChild: 10,
    });
    await worker.ready();
    const places: string[] = [];
    let sent = 0;
    const burn = async (count: number): Promise<void> => {
      const { results } = await client.sendMany(Array.from({ length: count }, () => tasks.burn.s(5)));
      sent += count;
      places.push(...(await Promise.all(results.map((result) => result.get(soon)))));
    };

    await burn(30);
    const areReplaced = async (): Promise<boolean> => {
      await burn(2); // what waits for a child that boots leaves it the machine
      return replaced().length >= 2;
    };
    await eventually('two are replaced', areReplaced, 60_000);
    await burn(20);
    await quiet();
    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    const runs = rawEvents().filter(({ what }) => what === 'start');
    expect([runs.length, new Set(runs.map(({ id }) => id)).size]).toEqual([sent, sent]);
    expect(new Set(places).size).toBeGreaterThanOrEqual(3);
    expect(replaced()[0]).toMatch(
      /child \d \(.*\) has run \d+ tasks and is replaced by the .*, which was up in .*: \d tasks? to finish/,
    );
    expect(worker.stderr()).toBe('');
  });

  it('replaces a child that takes too much memory', async () => {
    covers(pool, 'memory ceiling');
    const { tasks, worker, replaced } = await setup({ pool, concurrency: 1, maxMemoryPerChild: '300MiB' });
    await worker.ready();
    const before = await (await tasks.hold.delay(MEBI)).get(soon);

    await (await tasks.hold.delay(300 * MEBI)).get(soon);
    await eventually('it is replaced', () => replaced().length === 1, 30_000);

    expect(replaced()[0]).toMatch(/ takes \d+(\.\d)? MiB of memory and is replaced by /);
    expect(await (await tasks.hold.delay(MEBI)).get(soon)).not.toBe(before);
  });

  it('ends with an error that says so where no child could ever keep its limit', async () => {
    const { worker } = await setup({ pool, maxMemoryPerChild: '2MiB' });

    expect(await worker.ended).toEqual({ code: 1, signal: null });
    expect(worker.stderr()).toMatch(/A child takes .* MiB before its first task.*"worker\.maxMemoryPerChild" is 2 MiB/);
  });
});
