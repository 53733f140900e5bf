import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

export interface Started {
  readonly ended: Promise<string>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a program whose log goes to standard error, in a process group of its own: one Ctrl-C ends it through this process alone. */
export function start(command: string, args: readonly string[], cwd = process.cwd()): Started {
  const child: ChildProcess = spawn(command, args, { cwd, stdio: ['ignore', 2, 2], detached: true });
  const ended = once(child, 'exit').then(
    ([code, signal]) => (signal === null ? `code ${String(code)}` : String(signal)),
    (error: unknown) => String(error),
  );
  process.on('exit', () => child.kill('SIGTERM')); // whatever ends this process, nothing stays behind
  return {
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const run = promisify(execFile);

/** Runs a program to its end. @returns what it printed @throws with what it said */
export async function output(command: string, args: readonly string[], cwd = process.cwd()): Promise<string> {
  const { stdout } = await run(command, [...args], { cwd, maxBuffer: 2 ** 24 });
  return stdout;
}
