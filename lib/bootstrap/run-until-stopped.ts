import type { ShutdownMode, WorkerLog } from '../worker/index.js';
import { ShutdownSignals } from './shutdown-signals.js';
import type { TaskWorker } from './task-worker.js';

/**
 * Starts a worker and resolves when a signal of the process has ended it. Signals are heard from the beginning: one that comes while the worker
 * starts is obeyed as soon as it has, since from some moment on it holds messages; a second one then ends the process at once.
 * @param onReady called when it consumes
 * @throws what `start` throws
 */
export async function runUntilStopped(
  start: () => Promise<TaskWorker>,
  log: WorkerLog,
  onReady: () => void,
): Promise<void> {
  let worker: TaskWorker | undefined;
  let early: NodeJS.Signals | undefined;
  let end: (stopping: Promise<void>) => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (end = resolve));
  const signals = new ShutdownSignals((request, signal) => {
    if (request === 'hard' || (worker === undefined && request === 'cold')) process.exit(1);
    if (worker !== undefined) return end(stop(worker, request, signal, log));
    early = signal;
    log.log(`${signal}: this worker ends as soon as it has started; again to end it at once`);
  });
  try {
    worker = await start();
    onReady();
    void worker.ended.then(() => end(Promise.resolve()));
    if (early !== undefined) end(stop(worker, 'warm', early, log));
    await stopped;
  } catch (error) {
    if (worker !== undefined || early === undefined) throw error; // else the same signal has ended a child that was not yet able to ignore it
  } finally {
    signals.close();
  }
}

function stop(worker: TaskWorker, mode: ShutdownMode, signal: NodeJS.Signals, log: WorkerLog): Promise<void> {
  log.log(
    mode === 'warm'
      ? `${signal}: warm shutdown, ${worker.activeCount === 1 ? '1 task finishes' : `${worker.activeCount} tasks finish`} first; again for a cold one`
      : `${signal}: cold shutdown, running tasks go back to their queues`,
  );
  return worker.stop(mode);
}
