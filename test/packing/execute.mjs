import { spawn } from 'node:child_process';
import path from 'node:path';
import { npmCommand } from '../tools/install.mjs';

/** Far more than any step takes; a program that hangs must not hang the run. */
const deadlineMs = 5 * 60_000;

/**
 * Runs a program to its end, and throws with all it wrote when that end is not good.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
export function execute(program, args, cwd) {
  // The program's folder leads the path, so that what it starts in turn is the same Node.
  const PATH = `${path.dirname(program)}${path.delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH, CI: 'true', NO_COLOR: '1', FORCE_COLOR: undefined, NODE_OPTIONS: undefined };
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve({ stdout, stderr });
      else
        reject(
          new Error(`${path.basename(program)} ${args.join(' ')} ended with ${code ?? signal}:\n${stdout}${stderr}`),
        );
    });
  });
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 * @param {string} node what npm is to run on, and to install for
 */
export function npm(args, cwd, node = process.execPath) {
  const [program, ...first] = npmCommand(node);
  return execute(program, [...first, ...args], cwd);
}
