import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fixtureApp } from '../tools/programs.js';

/** Runs a program to its own end; killed, which is told, when it has not come to that in time. */
function runToEnd(
  file: string,
): Promise<{ readonly lines: readonly string[]; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file], { timeout: 30_000 }, (error, stdout, stderr) => {
      if (error !== null && error.signal === null) reject(new Error(`${error.message}\n${stderr}`));
      else resolve({ lines: stdout.trim().split('\n'), signal: error?.signal ?? null });
    });
  });
}

describe('a closed testing', () => {
  it('lets the process end by itself', async () => {
    const { lines, signal } = await runToEnd(fixtureApp('testing/one-test'));

    expect(signal).toBeNull();
    expect(lines).toEqual([JSON.stringify({ result: 5, sent: 27 }), '0']);
  });
});
