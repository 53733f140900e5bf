import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { programPath } from '../tools/programs.js';
import type { PartReport } from './run-rig.js';

type Report = Omit<PartReport, 'text'> & { readonly seed: number };

/** Runs the chaos program and gives what it found; the program bounds and stops what it has started. */
async function chaos(...args: string[]): Promise<readonly Report[]> {
  const child = spawn(process.execPath, [programPath('test/chaos/main.ts'), '--quick', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  await closed;
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  if (lines.length === 0) throw new Error(`The chaos run reported nothing.\n${output}${errors}`);
  return lines.map((line) => JSON.parse(line) as Report);
}

describe('the embedded store and its workers under random kills', { timeout: 180_000 }, () => {
  it('loses nothing, repeats only what was running, and goes on soon', async () => {
    const [report] = await chaos('--part', 'storm', '--patience', '5');

    expect(report?.problems, `seed ${report?.seed}`).toEqual([]);
    expect(report?.counts['kills']).toBe(6);
  });
});

describe('messages that end the process they run in', { timeout: 180_000 }, () => {
  it.each(['prefork', 'threads', 'async', 'solo'])('are dead-lettered, and only they (%s)', async (pool) => {
    const [report] = await chaos('--part', 'poison', '--pool', pool);

    expect(report?.problems).toEqual([]);
    expect(report?.counts).toMatchObject({ succeeded: 1_000, deadLettered: 2, lost: 2 });
  });
});

describe('a task that computes for long, beside an idle worker', { timeout: 180_000 }, () => {
  it('runs once on each pool', async () => {
    const reports = await chaos('--part', 'long');

    expect(reports.map(({ pool, problems }) => ({ pool, problems }))).toEqual(
      ['prefork', 'threads', 'async', 'solo'].map((pool) => ({ pool, problems: [] })),
    );
  });
});
