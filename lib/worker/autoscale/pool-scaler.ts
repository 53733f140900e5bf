import type { Pool } from '../../pools/index.js';
import type { Clock, Timer } from '../../time/index.js';
import type { WorkerLog } from '../worker-log.js';
import type { WorkerSetup } from '../worker-setup.interface.js';
import { BacklogAutoscaler } from './backlog.autoscaler.js';
import type { Autoscaler } from './autoscaler.interface.js';

/** While all slots are taken: messages may have come that no take tells of. */
const LOOK_BUSY_MS = 250;
const LOOK_IDLE_MS = 1_000;

export interface PoolScalerOptions {
  readonly autoscaler: Autoscaler;
  readonly min: number;
  readonly max: number;
  readonly pool: Pick<Pool<never, unknown>, 'size' | 'limit' | 'grow' | 'shrink'>;
  /** Tasks in this worker's hands. */
  readonly inHand: () => number;
  /** Messages that wait in its queues; `undefined` where the broker does not tell. */
  readonly countWaiting: () => Promise<number | undefined>;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

/**
 * Keeps a pool at the size that its autoscaler wants. It looks when a take has filled the pool, and then by a timer, which rests while the pool is at its
 * smallest and has free slots.
 */
export class PoolScaler {
  private timer: Timer | undefined;
  private isLooking = false;
  private isStopped = false;

  constructor(private readonly options: PoolScalerOptions) {}

  /** Messages were taken. Called for each take. */
  taken(): void {
    if (this.timer === undefined && !this.isLooking && this.isFull()) void this.look();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private isFull(): boolean {
    const { inHand, pool } = this.options;
    return inHand() >= pool.limit;
  }

  private async look(): Promise<void> {
    this.timer = undefined;
    if (this.isStopped) return;
    this.isLooking = true;
    try {
      const waiting = this.isFull() ? await this.options.countWaiting() : 0;
      if (!this.isStopped) this.decide(waiting);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.options.log.error(`The pool keeps its size, as autoscaling failed: ${reason}`);
    }
    this.isLooking = false;
    this.rearm();
  }

  private decide(waiting: number | undefined): void {
    const { autoscaler, clock, inHand, min, max, pool, log } = this.options;
    const { size } = pool;
    const load = { size, min, max, slots: pool.limit / size, inHand: inHand(), waiting, nowMs: clock.monotonic() };
    const wanted = autoscaler.decide(load);
    if (!Number.isFinite(wanted)) throw new TypeError(`the autoscaler wants a size of ${String(wanted)}.`);
    const next = Math.min(max, Math.max(min, Math.ceil(wanted)));
    if (next === size) return;
    const tasks = `${load.inHand} in hand, ${waiting ?? 'unknown how many'} waiting`;
    log.log(`The pool ${next > size ? 'grows' : 'shrinks'} from ${size} to ${next}: ${tasks}`);
    if (next > size) pool.grow(next - size);
    else pool.shrink(size - next);
  }

  private rearm(): void {
    const { clock, max, min, pool } = this.options;
    if (this.isStopped) return;
    const mayGrow = pool.size < max && this.isFull();
    if (!mayGrow && pool.size <= min) return;
    this.timer = clock.setTimer(() => void this.look(), mayGrow ? LOOK_BUSY_MS : LOOK_IDLE_MS);
  }
}

/** @param inHand tasks in the worker's hands @returns `undefined` where the options ask for none */
export function openScaler(setup: WorkerSetup, inHand: () => number): PoolScaler | undefined {
  const { autoscaler: Given = BacklogAutoscaler, broker, clock, log, options, pool } = setup;
  const { autoscale, queues } = options;
  if (autoscale === undefined) return undefined;
  const countWaiting = async (): Promise<number | undefined> => {
    const { queues: inspection } = broker;
    if (inspection === undefined) return undefined;
    const sizes = await Promise.all(queues.map((queue) => inspection.size(queue)));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const { min, max } = autoscale;
  return new PoolScaler({ autoscaler: new Given(autoscale), min, max, pool, inHand, countWaiting, clock, log });
}
