export { TaskWorkerFactory } from './task-worker.factory.js';
export type { TaskWorker } from './task-worker.js';
export type { WorkerModule } from './application.js';
export type { WorkerRunOptions } from './run-options.js';
