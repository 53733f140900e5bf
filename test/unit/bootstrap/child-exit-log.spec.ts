import { describe, expect, it } from 'vitest';
import { logChildExit } from '../../../lib/bootstrap/child-exit-log.js';
import { ChildBootError } from '../../../lib/errors/index.js';
import type { ChildExit } from '../../../lib/pools/index.js';

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
