export { builtinTasks, CHORD_DEADLINE, type BuiltinTasksSetup } from './builtin/builtin-tasks.js';
export { silentExecutionSignals, type ExecutionSignals } from './execution-signals.js';
export { asTextRunner, taskJobCodec, type TaskJobCodec } from './task-job.codec.js';
export { TaskRegistry } from './task-registry.js';
export type { ChordEnd, PartReport, ShownOutcome, TaskJob, TaskLimits, TaskReply, TaskVerdict } from './task-reply.js';
export { TaskTracer, type ExecutionLog, type TaskTracerSetup } from './task-tracer.js';
