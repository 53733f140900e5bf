import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PidFile } from '../../../lib/cli/pid-file.js';

function setup(content?: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-pid-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'run', 'w1.pid');
  const pidFile = new PidFile(content === undefined ? file : path.join(folder, 'w1.pid'));
  if (content !== undefined) writeFileSync(pidFile.path, content);
  return pidFile;
}

const gone = () => `${spawnSync(process.execPath, ['--version']).pid}\n`;

describe('a pid file', () => {
  it('is written with its folder, and removed when the process ends', () => {
    const on = vi.spyOn(process, 'on');
    onTestFinished(() => on.mockRestore());
    const pidFile = setup();

    pidFile.hold();

    expect(readFileSync(pidFile.path, 'utf8')).toBe(`${process.pid}\n`);
    expect([pidFile.read(), pidFile.isStale]).toEqual([process.pid, false]);
    const [, onExit] = on.mock.calls.find(([event]) => event === 'exit') ?? [];
    process.off('exit', onExit as () => void);
    onExit?.();
    expect(existsSync(pidFile.path)).toBe(false);
  });

  it.each([
    ['of a process that is gone', gone],
    ['that is empty', () => ''],
    ['that holds no number', () => 'w1'],
  ])('%s is stale, and replaced', (_, content) => {
    const on = vi.spyOn(process, 'on').mockReturnValue(process);
    onTestFinished(() => on.mockRestore());
    const pidFile = setup(content());

    expect([pidFile.read(), pidFile.isStale]).toEqual([undefined, true]);
    pidFile.hold();

    expect(pidFile.read()).toBe(process.pid);
  });

  it('of a running worker keeps another from starting', () => {
    const pidFile = setup(`${process.ppid}\n`);

    expect(() => pidFile.hold()).toThrowError(`is of a worker that runs, as process ${process.ppid}`);
    expect(readFileSync(pidFile.path, 'utf8')).toBe(`${process.ppid}\n`);
  });

  it.runIf(process.platform === 'linux')('is stale when a younger process has got its number', () => {
    const pidFile = setup(`${process.pid}\n`);
    utimesSync(pidFile.path, 1_000_000_000, 1_000_000_000);

    expect([pidFile.read(), pidFile.isStale]).toEqual([undefined, true]);
  });

  it('that is not there is not stale', () => {
    const pidFile = setup();

    expect([pidFile.read(), pidFile.isStale]).toEqual([undefined, false]);
  });
});
