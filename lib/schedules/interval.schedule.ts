import { InvalidOptionError } from '../errors/index.js';
import { formatDuration, parseDuration, type Duration } from '../time/index.js';
import { checkKeys } from './known-keys.js';
import type { IntervalData, Schedule } from './schedule.interface.js';

/** How an interval is laid out. */
export interface IntervalOptions {
  /**
   * Cuts each due time to the unit of the interval in UTC: from a day on to midnight, from an hour on to the full hour,
   * from a minute on to the full minute, below that to the second. Changes nothing for an interval that divides the
   * next larger unit.
   * @defaultValue false
   * @source Celery `relative` of a schedule entry
   */
  readonly relative?: boolean;
}

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000];

/**
 * Ticks at the multiples of the interval since the epoch (1970-01-01T00:00Z): `every('15m')` at :00, :15, :30 and :45
 * in all processes.
 *
 * Celery counts from the entry's last run instead, which only its single beat process knows; here any number of workers
 * agree on each tick with no word between them. So the first run comes up to one interval after the start, at a round
 * time, and a late run does not move those that follow.
 */
export class IntervalSchedule implements Schedule {
  readonly #unitMs: number;

  /** @throws {InvalidOptionError} unless `everyMs` is a whole number of at least 1 */
  constructor(
    readonly everyMs: number,
    readonly relative: boolean,
  ) {
    if (!Number.isSafeInteger(everyMs) || everyMs < 1) {
      throw new InvalidOptionError('every', 'a whole number of milliseconds, 1 or more', everyMs);
    }
    this.#unitMs = (relative && UNITS_MS.find((unitMs) => unitMs <= everyMs)) || 1;
  }

  nextAfter(lastRunMs: number, nowMs: number): number {
    const latest = this.#numberOf(nowMs);
    return this.#tick(latest) > lastRunMs
      ? this.#tick(latest)
      : this.#tick(this.#numberOf(Math.max(lastRunMs, nowMs)) + 1);
  }

  describe(): string {
    return `every ${formatDuration(this.everyMs)}${this.relative ? ', relative' : ''}`;
  }

  toData(): IntervalData {
    return { kind: 'interval', everyMs: this.everyMs, relative: this.relative };
  }

  #tick(number: number): number {
    return Math.floor((number * this.everyMs) / this.#unitMs) * this.#unitMs;
  }

  /** The number of the latest tick up to this time. */
  #numberOf(timeMs: number): number {
    const afterThisUnit = (Math.floor(timeMs / this.#unitMs) + 1) * this.#unitMs;
    return Math.ceil(afterThisUnit / this.everyMs) - 1;
  }
}

/**
 * A schedule that is due every so often, at the multiples of the interval since the epoch.
 * @throws {InvalidOptionError} when the interval is no duration, or not a whole number of milliseconds of at least 1
 */
export function every(interval: Duration, options: IntervalOptions = {}): IntervalSchedule {
  checkKeys('every', options, ['relative']);
  const { relative = false } = options;
  if (typeof relative !== 'boolean') throw new InvalidOptionError('every.relative', 'true or false', relative);
  return new IntervalSchedule(parseDuration(interval, 'every'), relative);
}
