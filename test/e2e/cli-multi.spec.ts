import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShopTasks } from '../fixtures/apps/cli/shop.module.js';
import { projectRoot } from '../tools/paths.mjs';
import { taskQueueCommand } from '../tools/programs.js';
import { runCommand, type CommandResult } from '../tools/run-command.js';
import { openProcessRig, type ProcessRig } from './outcomes/process-rig.js';

const app = (name: string): string => path.join(projectRoot, '.build/test/fixtures/apps', name);
const soon = { timeout: '30s' } as const;
const classic = ['-A', app('cli/shop.module'), '-P', 'async', '-Q:w1', 'default', '-c:w1', '2', '-Q:w2', 'important'];
const files = ['--hostname=box', '--pidfile=run/%n.pid', '--logfile=log/%n.log'];

let rig: ProcessRig;
beforeAll(async () => {
  rig = await openProcessRig([ShopTasks]);
});
afterAll(async () => {
  await multi('kill', 'w1', 'w2');
  await rig.close();
});

function multi(action: string, ...words: readonly string[]): Promise<CommandResult> {
  return runCommand(process.execPath, [taskQueueCommand, 'multi', action, ...words, ...files], {
    withinMs: 50_000,
    cwd: rig.folder,
    env: { TASK_QUEUE_BROKER_URL: rig.url, NO_COLOR: '1', FLAW: 'boot' },
  });
}

const pidOf = (name: string): number => Number(readFileSync(path.join(rig.folder, 'run', `${name}.pid`), 'utf8'));
const logOf = (name: string): string => readFileSync(path.join(rig.folder, 'log', `${name}.log`), 'utf8');

async function whereRuns(queue: string): Promise<string> {
  const where = await rig.client.for(ShopTasks).where.applyAsync([], { queue });
  return where.get(soon);
}

describe('task-queue multi', () => {
  it('starts one worker on "default" and one on "important", each with flags of its own', async () => {
    const started = await multi('start', 'w1', 'w2', ...classic);

    expect(started.problem).toBe('');
    expect(started.stdout.split('\n').sort().slice(1)).toEqual([
      expect.stringMatching(new RegExp(`^w1@box: started, process ${pidOf('w1')}$`)),
      expect.stringMatching(new RegExp(`^w2@box: started, process ${pidOf('w2')}$`)),
    ]);
    expect(await Promise.all([whereRuns('default'), whereRuns('important')])).toEqual(['w1@box', 'w2@box']);
    expect(logOf('w1')).toContain('w1@box is ready: pool async, 2 slots, queue default in');
  });

  it('does not start one that runs, nor one that cannot boot', async () => {
    const again = await multi(
      'start',
      'w1',
      'w3',
      '-A:w1',
      app('cli/shop.module'),
      '-A:w3',
      app('bad-input/worker'),
      '-P',
      'async',
    );

    expect(again.code).toBe(1);
    expect(again.stdout).toContain(`w1@box: runs already, as process ${pidOf('w1')}`);
    expect(again.stdout).toContain('w3@box: FAILED, it ended with code 1');
    expect(again.stdout).toContain('no database to be found at boot');
  });

  it('restarts one, and leaves the other alone', async () => {
    const [first, second] = [pidOf('w1'), pidOf('w2')];

    const restarted = await multi('restart', 'w1', '-A', app('cli/shop.module'), '-P', 'async', '-Q', 'default');

    expect(restarted.problem).toBe('');
    expect(restarted.stdout).toContain(`w1@box: started, process ${pidOf('w1')}`);
    expect(pidOf('w1')).not.toBe(first);
    expect(pidOf('w2')).toBe(second);
  });

  it('ends them, and clears what a dead one has left', async () => {
    const pids = [pidOf('w1'), pidOf('w2')];

    const stopped = await multi('stopwait', 'w1', 'w2');
    writeFileSync(path.join(rig.folder, 'run/w1.pid'), `${pids[0]}\n`);
    const stale = await multi('stop', 'w1', 'w2');

    expect(stopped.stdout).toContain(`w1@box: SIGTERM sent to process ${pids[0]}`);
    expect(stopped.stdout).toContain('w2@box: ended');
    expect(stale.stdout).toMatch(/w1@box: does not run; its pid file \S+ was stale and is removed/);
    expect(stale.stdout).toMatch(/w2@box: does not run; there is no pid file/);
    expect([stopped.code, stale.code]).toEqual([0, 0]);
  });
});
