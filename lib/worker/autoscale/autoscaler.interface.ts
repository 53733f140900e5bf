/** What an autoscaler decides by. Sizes count children, or slots where there are none, as `grow` and `shrink` of a worker do. */
export interface PoolLoad {
  readonly size: number;
  readonly min: number;
  readonly max: number;
  /** Tasks that each child runs at once. */
  readonly slots: number;
  /** Tasks in this worker's hands: they run, or wait for a slot of it. */
  readonly inHand: number;
  /** Messages that wait in its queues, also for other workers; 0 while it has free slots; `undefined` where the broker does not tell. */
  readonly waiting: number | undefined;
  /** A clock that only moves forward. @unit milliseconds */
  readonly nowMs: number;
}

/** Decides how large a worker's pool is. Lives as long as its worker. */
export interface Autoscaler {
  /**
   * Asked when all slots are taken, then several times a second while they are, and once a second while the pool is larger than `min`.
   * @returns the size that the pool should have; what lies outside of `min` to `max` is brought within
   */
  decide(load: PoolLoad): number;
}

/** A class of your own, in the option `autoscaler` of `TaskWorkerFactory.run`. */
export type AutoscalerType = new (options: AutoscalerOptions) => Autoscaler;

export interface AutoscalerOptions {
  readonly min: number;
  readonly max: number;
  /** How long a pool that is too large stays so. @unit milliseconds */
  readonly keepaliveMs: number;
}
