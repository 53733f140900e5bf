import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { programPath } from '../tools/programs.js';
import type { PartReport } from './run-rig.js';

export type Report = Omit<PartReport, 'text'> & { readonly seed: number };

/** Runs the chaos program and gives what it found; the program bounds and stops what it has started. */
export async function chaos(...args: string[]): Promise<readonly Report[]> {
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
