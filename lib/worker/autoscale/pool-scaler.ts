import { InvalidOptionError } from '../../errors/index.js';
import { checkInteger, type ResolvedAutoscale } from '../../options/index.js';
import type { Pool } from '../../pools/index.js';
import type { Clock, Timer } from '../../time/index.js';
import type { WorkerLog } from '../worker-log.js';
import type { WorkerSetup } from '../worker-setup.interface.js';
import { BacklogAutoscaler } from './backlog.autoscaler.js';
import type { Autoscaler } from './autoscaler.interface.js';

/** While all slots are taken: messages may have come that no take tells of. */
const LOOK_BUSY_MS = 250;
const LOOK_IDLE_MS = 1_000;

/** What changes of an autoscaled pool. */
export type AutoscaleBounds = Partial<Pick<ResolvedAutoscale, 'min' | 'max'>>;

export interface PoolScalerOptions {
  readonly autoscaler: Autoscaler;
  readonly bounds: ResolvedAutoscale;
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
  private current: ResolvedAutoscale;

  constructor(private readonly options: PoolScalerOptions) {
    this.current = options.bounds;
  }

  get bounds(): ResolvedAutoscale {
    return this.current;
  }

  /**
   * Other bounds from now on, and a pool within them at once.
   * @throws {InvalidOptionError} naming the one that cannot be used
   * @source celery/worker/autoscale.py `Autoscaler.update`
   */
  setBounds(given: AutoscaleBounds): ResolvedAutoscale {
    const max = checkInteger(given.max, this.current.max, { min: 1 }, 'autoscale.max');
    const min = checkInteger(given.min, Math.min(this.current.min, max), { min: 1 }, 'autoscale.min');
    if (min > max) throw new InvalidOptionError('autoscale.min', `at most "max" (${max})`, min);
    this.current = { ...this.current, min, max };
    const { pool } = this.options;
    if (pool.size > max) pool.shrink(pool.size - max);
    if (pool.size < min) pool.grow(min - pool.size);
    this.timer?.cancel();
    if (!this.isLooking) this.rearm();
    return this.current;
  }

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
    const { autoscaler, clock, inHand, pool, log } = this.options;
    const { min, max } = this.current;
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
    const { clock, pool } = this.options;
    const { min, max } = this.current;
    this.timer = undefined;
    if (this.isStopped) return;
    const mayGrow = pool.size < max && this.isFull();
    if (!mayGrow && pool.size <= min) return;
    this.timer = clock.setTimer(() => void this.look(), mayGrow ? LOOK_BUSY_MS : LOOK_IDLE_MS);
  }
}

/** @param queues those it takes from, now @param inHand tasks in the worker's hands @returns `undefined` where the options ask for none */
export function openScaler(
  setup: WorkerSetup,
  queues: () => readonly string[],
  inHand: () => number,
): PoolScaler | undefined {
  const { autoscaler: Given = BacklogAutoscaler, broker, clock, log, options, pool } = setup;
  const { autoscale } = options;
  if (autoscale === undefined) return undefined;
  const countWaiting = async (): Promise<number | undefined> => {
    const { queues: inspection } = broker;
    if (inspection === undefined) return undefined;
    const sizes = await Promise.all(queues().map((queue) => inspection.size(queue)));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  const autoscaler = new Given(autoscale);
  return new PoolScaler({ autoscaler, bounds: autoscale, pool, inHand, countWaiting, clock, log });
}
