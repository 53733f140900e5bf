export {
  checkBoolean,
  checkDuration,
  checkGroup,
  checkInteger,
  checkLimits,
  checkName,
  checkOneOf,
  checkPositiveDuration,
  refuseUnknownKeys,
} from './checks.js';
export type { AutoscaleOptions, ResolvedAutoscale } from './autoscale.options.js';
export { resolveBeatOptions } from './beat.options.js';
export type { BeatOptions, ResolvedBeatOptions } from './beat.options.js';
export { resolveControlOptions } from './control.options.js';
export type { ControlOptions, ResolvedControlOptions } from './control.options.js';
export { resolveHealthOptions } from './health.options.js';
export type { HealthOptions, ResolvedHealthOptions } from './health.options.js';
export { resolveLogOptions } from './log.options.js';
export type { LogOptions, ResolvedLogOptions, WorkerLogFormat, WorkerLogLevel } from './log.options.js';
export { RESULTS_OPTION_NAMES, resolveResultsOptions } from './results.options.js';
export type { ResolvedResultsOptions, ResultsOptions } from './results.options.js';
export { LARGEST_MESSAGE_BYTES, resolveSerializationOptions } from './serialization.options.js';
export type { ResolvedSerializationOptions, SerializationOptions } from './serialization.options.js';
export { formatSize, parseSize } from './size.js';
export type { Size } from './size.js';
export { warnOfConcurrency } from './concurrency.options.js';
export {
  hasChildren,
  isOfChildren,
  resolveChildConcurrency,
  resolveMixablePool,
  resolvePool,
  resolvePools,
  runsInline,
} from './pool.options.js';
export type {
  MixablePool,
  PoolAlias,
  PoolName,
  PoolShare,
  PoolSizes,
  PoolsOption,
  PoolSurroundings,
} from './pool.options.js';
export { resolveRateLimit } from './rate-limit.js';
export type { Rate, RateLimit, ResolvedRateLimit } from './rate-limit.js';
export { resolveTerminationSignal, signalNumber } from './termination-signal.js';
export type { TerminationSignal } from './termination-signal.js';
export { checkMaxRetries, checkPriority, resolveTasksOptions } from './tasks.options.js';
export type { ResolvedTasksOptions, TasksOptions } from './tasks.options.js';
export { resolveWorkerOptions, WORKER_OPTION_NAMES } from './worker.options.js';
export type { ResolvedWorkerOptions, UnknownTaskPolicy, WorkerOptions, WorkerSurroundings } from './worker.options.js';
export {
  namingTexts,
  readSwitch,
  readWorkerTexts,
  variableOf,
  WORKER_TEXT_NAMES,
  workerTextsOf,
} from './worker-texts.js';
export type { WorkerText, WorkerTextOptions } from './worker-texts.js';
