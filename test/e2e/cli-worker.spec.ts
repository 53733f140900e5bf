import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('runs what is called, whose result and queues are looked at, by commands', async () => {
    const worker = rig.command(['worker', '-A', app('cli/shop.module'), '-P', 'async']);
    const shop = ['-A', app('cli/shop.module.js')];

    const [called, failed] = await Promise.all([
      command('call', 'shop.add', ...shop, '-a', '[2, 3]', '--wait', '--timeout', '30s', '--task-id', 'sum'),
      command('call', 'shop.fail', ...shop, '--wait', '--timeout', '30s', '--json'),
    ]);
    const [result, queues] = await Promise.all([
      command('result', 'sum', '-b', rig.url, '--json'),
      command('list', 'queues', ...shop, '--json'),
    ]);
    worker.signal('SIGTERM');

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
