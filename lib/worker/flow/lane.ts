import type { ResolvedWorkerOptions } from '../../options/index.js';
import { SuspectGate } from '../suspect-gate.js';
import { clamp } from './horizon.js';
import { ReturnPlan } from './return-plan.js';

/** One of the pools of a worker that has several, as the worker sees it. */
export interface LanePool {
  readonly name: string;
  readonly pool: { readonly limit: number };
  /** As `WorkerSetup.processes`, of this pool. */
  readonly processes: () => number;
}

export type LaneOptions = Pick<ResolvedWorkerOptions, 'prefetchMultiplier' | 'optimization'>;

/** What waits for a slot is expected to get it within that time. */
const HORIZON_MS = 500;
/** Held for slots that come free, however long tasks take; what finds no room comes back too late for those. */
const LEAST_AHEAD = 8;
const MOST_AHEAD = 1_000;
const ENOUGH_RUNS = 8;
/** Nothing is held for so long after something was given back, or this worker would be the one that takes it again. */
const PAUSE_MS = 1_000;
/** Weight of the newest run in the moving mean. */
const WEIGHT = 0.1;

const SHORTEST_REST_MS = 20;
const REST_MS = 100;
/** Messages come back twice as fast as this pool could run them, so that other workers find some as well. */
const RETURNS_PER_START = 2;
const LONGEST_GAP_MS = 10;
const SHORTEST_GAP_MS = 0.02;

/** What one of a worker's pools has in hand, may have, and when a message that finds no room in it comes back. */
export class Lane {
  readonly suspects: SuspectGate;
  /** Messages that run in it or wait for one of its slots. */
  inHand = 0;
  private runs = 0;
  private meanMs = 0;
  private pausedUntil = -Infinity;
  private firstAsideMs: number | undefined;
  private readonly returns = new ReturnPlan();

  constructor(
    private readonly of: LanePool,
    private readonly options: LaneOptions,
  ) {
    this.suspects = new SuspectGate(of.processes);
  }

  get name(): string {
    return this.of.name;
  }

  get slots(): number {
    return this.of.pool.limit;
  }

  /** Whether another message may wait for one of its slots. */
  hasRoom(nowMs: number): boolean {
    return this.inHand < this.slots + this.ahead(nowMs);
  }

  /** Messages that may wait in it beyond its slots: about what it starts in half a second. `Infinity` for any number. */
  ahead(nowMs: number): number {
    const { slots } = this;
    const { prefetchMultiplier: multiplier, optimization } = this.options;
    if (multiplier !== undefined) return multiplier === 0 ? Infinity : slots * (multiplier - 1);
    if (optimization === 'fair' || this.pausedUntil > nowMs) return 0;
    const least = Math.min(slots, LEAST_AHEAD);
    if (this.runs < ENOUGH_RUNS) return least;
    return Math.min(MOST_AHEAD, Math.max(least, Math.floor((slots * HORIZON_MS) / Math.max(this.meanMs, 0.01))));
  }

  recordRun(runtimeMs: number): void {
    this.runs += 1;
    this.meanMs += (runtimeMs - this.meanMs) * Math.max(WEIGHT, 1 / this.runs);
  }

  /** Something in it has waited too long. */
  pause(nowMs: number): void {
    this.pausedUntil = nowMs + PAUSE_MS;
  }

  /**
   * When the next message that finds no room is to come back.
   * @param nowMs by the broker's time of day, as the answer @param monotonicMs by this machine's
   */
  nextReturn(nowMs: number, monotonicMs: number): number {
    this.firstAsideMs ??= monotonicMs;
    const runMs = this.runs === 0 ? monotonicMs - this.firstAsideMs : this.meanMs; // no less, as far as is known
    const paceMs = runMs / this.slots;
    const ahead = this.ahead(monotonicMs);
    const isPaced = this.runs > 0 && ahead > 0 && ahead < Infinity;
    const restMs = isPaced ? clamp((ahead * paceMs) / 2, SHORTEST_REST_MS, REST_MS) : REST_MS;
    const gapMs = clamp(paceMs / RETURNS_PER_START, SHORTEST_GAP_MS, LONGEST_GAP_MS);
    return this.returns.next({ restMs, gapMs }, nowMs, monotonicMs);
  }
}
