import type { ResolvedWorkerOptions } from '../options/index.js';
import type { InFlightTable } from './in-flight.js';
import type { LookAhead } from './look-ahead.js';

/** Ended but unsettled tasks at which a worker stops taking more: as many as one settlement holds. */
const MOST_SETTLING = 64;

export interface CreditParts {
  readonly slots: () => number;
  readonly lookAhead: Pick<LookAhead, 'current'>;
  readonly inFlight: Pick<InFlightTable, 'size' | 'settling'>;
  readonly options: Pick<ResolvedWorkerOptions, 'prefetchMultiplier' | 'optimization'>;
}

/**
 * How many messages a worker takes. Left to itself it takes none beyond its slots but what is about to start; a prefetch multiplier takes so many for each slot, however long they
 * wait, as Celery does.
 */
export class Credit {
  constructor(private readonly parts: CreditParts) {}

  /** Whether what waits for a slot stays however long it does. */
  get isFixed(): boolean {
    return this.parts.options.prefetchMultiplier !== undefined;
  }

  /** Messages that the worker may have in hand, now; 0 for any number. */
  get most(): number {
    const slots = this.parts.slots();
    const most = slots + this.ahead(slots);
    return most === Infinity ? 0 : most;
  }

  /**
   * How many to take now; without a multiplier 0 until a slot is free or half of what was taken ahead has started. What only has to be settled
   * leaves its place to the next, so that a take shares its trip with a settlement, until a store that cannot be written
   * has held up too many.
   * @param taken what is about to be in hand besides
   */
  now(taken: number): number {
    const slots = this.parts.slots();
    const ahead = this.ahead(slots);
    const { size, settling } = this.parts.inFlight;
    if (settling > Math.max(MOST_SETTLING, slots + ahead)) return 0;
    const inHand = size - settling + taken;
    if (!this.isFixed && inHand > slots + Math.floor(ahead / 2)) return 0;
    return Math.max(0, slots + ahead - inHand);
  }

  private ahead(slots: number): number {
    const { lookAhead, options } = this.parts;
    const { prefetchMultiplier: multiplier } = options;
    if (multiplier !== undefined) return multiplier === 0 ? Infinity : slots * (multiplier - 1);
    return options.optimization === 'fair' ? 0 : lookAhead.current();
  }
}
