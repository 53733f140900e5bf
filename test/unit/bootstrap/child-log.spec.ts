import { describe, expect, it } from 'vitest';
import { logChildExit, logRecycling } from '../../../lib/bootstrap/child-log.js';
import { ChildBootError } from '../../../lib/errors/index.js';
import type { ChildExit, ChildRecycling } from '../../../lib/pools/index.js';

const CRASH: ChildExit = {
  index: 1,
  pid: 7,
  phase: 'service',
  reason: 'prefork child 1 (pid 7) exited with code 3',
  bootError: undefined,
  replacedInMs: 0,
};

function linesOf(exit: Partial<ChildExit>): string[] {
  const lines: string[] = [];
  const log = { log: () => undefined, warn: () => undefined, error: (line: string) => void lines.push(line) };
  logChildExit({ ...CRASH, ...exit }, log);
  return lines;
}

describe('logChildExit', () => {
  it('tells of a child that died, once and by name', () => {
    expect(linesOf({})).toEqual(['The prefork child 1 (pid 7) exited with code 3; it is replaced']);
    expect(
      linesOf({
        phase: 'boot',
        replacedInMs: 200,
        bootError: new ChildBootError('prefork child 1', 'it is ill.', undefined),
      }),
    ).toEqual(['The prefork child 1 could not boot: it is ill.; it is replaced in 200 ms']);
  });

  it('is silent about one that nothing replaces: its pool ends, or the start fails with its error', () => {
    expect(linesOf({ replacedInMs: undefined })).toEqual([]);
    expect(linesOf({ phase: 'leave' })).toEqual([]);
  });
});

describe('logRecycling', () => {
  it.each<[Partial<ChildRecycling>, string]>([
    [
      {},
      'has run 20 tasks and is replaced by the prefork child 1 (pid 8), which was up in 312 ms: 1 task to finish, 3 waiting ones for others',
    ],
    [
      { because: { memoryBytes: 300 * 1024 ** 2 }, running: 0, returned: 1 },
      'takes 300 MiB of memory and is replaced by the prefork child 1 (pid 8), which was up in 312 ms: 0 tasks to finish, 1 waiting one for others',
    ],
    [
      { because: { restart: true }, running: 0, returned: 0 },
      'is to begin anew and is replaced by the prefork child 1 (pid 8), which was up in 312 ms: 0 tasks to finish, 0 waiting ones for others',
    ],
  ])('tells why, by whom, and of what is left', (change, line) => {
    const lines: string[] = [];
    const log = { log: (text: string) => void lines.push(text), warn: () => undefined, error: () => undefined };
    const recycling: ChildRecycling = {
      index: 1,
      name: 'prefork child 1 (pid 7)',
      because: { jobs: 20 },
      running: 1,
      returned: 3,
      successor: 'prefork child 1 (pid 8)',
      bootMs: 312.4,
    };

    logRecycling({ ...recycling, ...change }, log);

    expect(lines).toEqual([`The prefork child 1 (pid 7) ${line}`]);
  });
});
