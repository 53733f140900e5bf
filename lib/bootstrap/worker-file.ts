import type { WorkerModule } from './application.js';
import type { WorkerRunOptions } from './run-options.js';

/** What is told of the call of `TaskWorkerFactory.run` in a worker file that is read instead of run. Never resolves, as `run` never does. */
export type WorkerFileReader = (module: WorkerModule, options: WorkerRunOptions) => Promise<never>;

/** Under this key `globalThis` has who reads: two copies of this library in one process see the same. */
const KEY = Symbol.for('nest-task-queue.worker-file-reader');

interface Memory {
  [KEY]?: WorkerFileReader | undefined;
}

/**
 * From now on `TaskWorkerFactory.run` starts nothing and only tells what it was called with; for a command line, whose flags are to win over the file's
 * options.
 * @returns what ends that
 */
export function readWorkerFile(reader: WorkerFileReader): () => void {
  const memory = globalThis as Memory;
  memory[KEY] = reader;
  return () => delete memory[KEY];
}

export function workerFileReader(): WorkerFileReader | undefined {
  return (globalThis as Memory)[KEY];
}
