import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../lib/cli/index.js';
import { ShopTasks } from '../fixtures/apps/cli/shop.module.js';
import { projectRoot } from '../tools/paths.mjs';
import { taskQueueCommand } from '../tools/programs.js';
import { runCommand, type CommandResult } from '../tools/run-command.js';
import { openProcessRig, type ProcessRig } from './outcomes/process-rig.js';

const app = (name: string): string => path.join(projectRoot, '.build/test/fixtures/apps', name);
const soon = { timeout: '30s' } as const;

let rig: ProcessRig;
beforeAll(async () => {
  rig = await openProcessRig([ShopTasks]);
});
afterAll(() => rig.close());

function command(...args: readonly string[]): Promise<CommandResult> {
  const env = { TASK_QUEUE_BROKER_URL: rig.url };
  return runCommand(process.execPath, [taskQueueCommand, ...args], { withinMs: 50_000, env });
}

/** The command in this process: what costs most of one is its start. */
async function here(...args: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> {
  let stdout = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      stdout += String(text);
      return true;
    }),
  );
  const code = await runCommandLine(args, taskQueueCommand);
  for (const spy of spies) spy.mockRestore();
  return { code, stdout };
}

describe('task-queue worker', () => {
  it('runs the module of a file in processes, as its flags say', async () => {
    const flags = ['-c', '2', '-X', 'celery,mail', '-n', 'flags@%h', '--no-beat', '--health', '0'];
    const worker = rig.command(['worker', '-A', app('cli/shop.module'), ...flags]);
    const where = await rig.client.for(ShopTasks).where.applyAsync([], { queue: 'important' });

    const node = await where.get(soon);
    const [url = ''] = /http:\S+\/ready/.exec(worker.stdout()) ?? [];
    const health: unknown = await (await fetch(url)).json();
    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(node).toMatch(/^flags@/);
    expect(health).toMatchObject({ status: 'up', state: 'consuming', slots: 2 });
    expect(worker.stdout()).toContain('pool prefork, 2 slots, queue important in');
    expect(worker.stderr()).toBe('');
  });

  it('runs a worker file, with flags over the options of its own', async () => {
    const worker = rig.command(['worker', '-A', app('cli/worker.js'), '-c', '2'], {
      env: { TASK_QUEUE_MAX_TASKS_PER_CHILD: '1000' },
    });
    const sum = await rig.client.for(ShopTasks).add.delay(2, 3);

    expect(await sum.get(soon)).toBe(5);
    worker.signal('SIGTERM');

    expect(await worker.ended).toEqual({ code: 0, signal: null });
    expect(worker.stdout()).toMatch(
      /of-the-file@\S+ is ready: pool threads, 2 slots, queues celery, mail, important in/,
    );
  });

  it('is sent tasks, looked into, commanded and ended by commands', async () => {
    const worker = rig.command(['worker', '-A', app('cli/shop.module'), '-P', 'async', '-n', 'w1@box', '-O', 'fair']);
    const url = ['-b', rig.url];
    const shop = ['-A', app('cli/shop.module.js')];

    const [called, failed] = await Promise.all([
      command('call', 'shop.add', ...shop, '-a', '[2, 3]', '--wait', '--timeout', '30s', '--task-id', 'sum'),
      command('call', 'shop.fail', ...shop, '--wait', '--timeout', '30s', '--json'),
    ]);
    const queues = await command('list', 'queues', ...shop, '--json');
    const result = await here('result', 'sum', ...url, '--json');
    const status = await here('status', ...url);
    const grown = await here('control', 'pool_grow', '2', ...url, '--json');
    const refused = await here('control', 'my_own', '-k', '{}', '-d', 'w1@box', ...url);
    const stats = await here('inspect', 'stats', ...url, '--json');
    const nobody = await here('inspect', 'ping', '-d', 'w2@box', ...url);
    const events = await here('events', ...url, '--type', 'worker-heartbeat', '--limit', '1', '--json');
    const shutdown = await here('control', 'shutdown', ...url);

    expect([status.code, status.stdout]).toEqual([0, 'w1@box: OK\n\n1 node online.\n']);
    expect([grown.code, JSON.parse(grown.stdout)]).toEqual([0, { 'w1@box': 'pool will grow' }]);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('->  w1@box: Error') as string]);
    expect(JSON.parse(stats.stdout)).toMatchObject({ 'w1@box': { pool: { 'max-concurrency': 102 } } });
    expect([nobody.code, nobody.stdout]).toEqual([69, expect.stringContaining('No node has replied in time')]);
    expect(JSON.parse(events.stdout)).toMatchObject({ hostname: 'w1@box', type: 'worker-heartbeat' });
    expect(shutdown.code).toBe(0);
    expect([called.code, called.stdout, called.stderr]).toEqual([0, '5\n', '']);
    expect([failed.code, JSON.parse(failed.stdout)]).toEqual([
      1,
      expect.objectContaining({ state: 'FAILURE', error: expect.objectContaining({ type: 'ValueError' }) }),
    ]);
    expect([result.code, JSON.parse(result.stdout)]).toEqual([
      0,
      expect.objectContaining({ id: 'sum', state: 'SUCCESS', result: 5 }),
    ]);
    expect(JSON.parse(queues.stdout)).toEqual(
      ['celery', 'important', 'mail'].map((queue) => expect.objectContaining({ queue, waiting: 0, paused: false })),
    );
    expect((await worker.ended).code).toBe(0);
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, number, string]>([
    [
      'a module that throws at boot',
      ['-A', app('bad-input/worker.js')],
      { FLAW: 'boot' },
      1,
      'no database to be found',
    ],
    ['a file without a module', ['-A', app('bad-input/bad-input.tasks.js')], {}, 2, 'it exports BadInputTasks'],
  ])('ends with a defined code for %s', async (_, args, env, code, words) => {
    const worker = rig.command(['worker', ...args], { env });

    expect(await worker.ended).toEqual({ code, signal: null });
    expect(worker.stderr()).toContain(words);
  });
});
