export type { Autoscaler, AutoscalerOptions, AutoscalerType, PoolLoad } from './autoscale/autoscaler.interface.js';
export { BacklogAutoscaler } from './autoscale/backlog.autoscaler.js';
export { failureRecord } from './failure-record.js';
export type { TaskWatch } from './task-runner.js';
export type { TaskTraits } from './task-traits.js';
export { Worker } from './worker.js';
export type { ShutdownMode } from './worker.js';
export type { WorkerSetup } from './worker-setup.interface.js';
export type { WorkerLog } from './worker-log.js';
