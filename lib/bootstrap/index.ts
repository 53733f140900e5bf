export { TaskWorkerFactory } from './task-worker.factory.js';
export type { TaskWorker } from './task-worker.js';
export { WorkerApplication } from './application.js';
export type { WorkerModule } from './application.js';
export { resolveRunOptions } from './run-options.js';
export type { ResolvedRunOptions, WorkerRunOptions } from './run-options.js';
export { readWorkerFile } from './worker-file.js';
export type { WorkerFileReader } from './worker-file.js';
export type { WorkerHealth } from './health/worker-health.js';
