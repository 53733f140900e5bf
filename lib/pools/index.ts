export type { JobCodec, JobRunner, Pool, PoolOutcome, RunControl, RunOptions } from './pool.interface.js';
export type { AbandonedBody, InlinePoolOptions } from './inline/inline.pool.js';
export { AsyncPool } from './inline/async.pool.js';
export { SoloPool } from './inline/solo.pool.js';
