import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves with how it ended, in words. */
  readonly ended: Promise<string>;
  /** Asks it to finish what it runs and end; asked again, it gives back what it runs. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts the worker as a process of its own. Its log goes to standard error, so that standard output has the report alone. */
export function startWorker(): WorkerProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./worker.js', import.meta.url))], {
    stdio: ['ignore', 2, 2],
  });
  const ended = once(child, 'exit').then(
    ([code, signal]) => (signal === null ? `code ${code}` : String(signal)),
    (error: unknown) => String(error),
  );
  process.on('exit', () => child.kill('SIGTERM')); // whatever ends this process, the worker does not stay behind
  return {
    pid: child.pid,
    ended,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
