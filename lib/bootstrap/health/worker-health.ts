import type { PoolUse, WorkerProgress } from '../../worker/index.js';

/** How a worker is. */
export interface WorkerHealth {
  /** What its loop does; `starting` until it consumes. */
  readonly state: WorkerProgress['state'] | 'starting';
  /** `false` where only a new process can help: its consumer stopped looking for messages, and another one did so, too. A broker that is away is no reason. */
  readonly isLive: boolean;
  /** It takes messages, or is busy with all that it can hold. */
  readonly isReady: boolean;
  /** For how long it has waited for messages without having looked for them with success; 0 where all is well. */
  readonly silentMs: number;
  /** Tasks that run or are about to. */
  readonly active: number;
  readonly slots: number;
  /** The same of each pool, where there are several. */
  readonly pools?: readonly PoolUse[];
}

export function healthOf(
  { state, silentMs, isHopeless }: WorkerProgress,
  active: number,
  slots: number,
  pools: readonly PoolUse[] = [],
): WorkerHealth {
  const isReady = state === 'consuming' || state === 'busy';
  const several = pools.length === 0 ? {} : { pools };
  return { state, isLive: !isHopeless, isReady, silentMs: Math.round(silentMs), active, slots, ...several };
}
