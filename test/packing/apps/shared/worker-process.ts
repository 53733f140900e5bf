import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts the app's worker as a process of its own, that on threads by the package's command; it says what it says on standard error where
 * this one does.
 */
export function startWorker(pool: string): { stop(): Promise<unknown> } {
  const command = ['node_modules/.bin/task-queue', 'worker', '-A', 'dist/app.module.js'];
  const worker = spawn(process.execPath, pool === 'threads' ? command : ['dist/worker.js'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TASK_QUEUE_POOL: pool, TASK_QUEUE_CONCURRENCY: '2' },
  });
  const ended = once(worker, 'exit');
  return {
    stop: async () => {
      worker.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
