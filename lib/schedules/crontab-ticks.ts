import type { TimeZone } from '../time/index.js';
import { CalendarDays, type DaySelection } from './calendar-days.js';
import type { DstMode } from './schedule.interface.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Days around a change of the clock whose ticks are remembered. */
const REMEMBERED_DAYS = 16;

/** All values a crontab's fields stand for, each list ascending. */
export interface CrontabValues extends DaySelection {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
}

/**
 * The ticks of a crontab in a time zone, as instants. Works day by day: the days come from the calendar, and within a
 * day the wall clock is plain arithmetic, except next to a change of the zone's offset, where the ticks are worked out
 * one by one.
 */
export class CrontabTicks {
  readonly #zone: TimeZone;
  readonly #days: CalendarDays;
  readonly #minutes: readonly number[];
  readonly #hours: readonly number[];
  readonly #followsRealTime: boolean;
  readonly #unsteadyDays = new Map<number, readonly number[]>();

  constructor(values: CrontabValues, zone: TimeZone, dst: DstMode) {
    this.#zone = zone;
    this.#days = new CalendarDays(values);
    this.#minutes = values.minutes;
    this.#hours = values.hours;
    this.#followsRealTime = dst === 'exact' && values.hours.length === 24;
  }

  /** The first tick after this instant. */
  after(timeMs: number): number {
    const today = this.#dayOf(timeMs);
    let day = this.#days.onOrAfter(this.#zone.isSteadyAround(today) ? today : today - DAY_MS);
    for (;;) {
      const tick = this.#firstOf(day, timeMs);
      if (tick !== undefined && this.#zone.isSteadyAround(day)) return tick;
      const nextDay = this.#days.onOrAfter(day + DAY_MS);
      // A clock that is set forward over midnight can move a day's tick behind the next day's.
      if (tick !== undefined) return Math.min(tick, this.#firstOf(nextDay, timeMs) ?? tick);
      day = nextDay;
    }
  }

  /** The last tick up to this instant, itself included. */
  upTo(timeMs: number): number {
    const today = this.#dayOf(timeMs);
    let day = this.#days.onOrBefore(this.#zone.isSteadyAround(today) ? today : today + DAY_MS);
    for (;;) {
      const tick = this.#lastOf(day, timeMs);
      if (tick !== undefined && this.#zone.isSteadyAround(day)) return tick;
      const previousDay = this.#days.onOrBefore(day - DAY_MS);
      if (tick !== undefined) return Math.max(tick, this.#lastOf(previousDay, timeMs) ?? tick);
      day = previousDay;
    }
  }

  #dayOf(timeMs: number): number {
    return Math.floor((timeMs + this.#zone.offsetAt(timeMs)) / DAY_MS) * DAY_MS;
  }

  #firstOf(day: number, afterMs: number): number | undefined {
    if (!this.#zone.isSteadyAround(day)) return this.#unsteadyTicks(day).find((tick) => tick > afterMs);

    const midnight = day - this.#zone.offsetAt(day);
    const from = Math.max(0, Math.floor((afterMs - midnight) / MINUTE_MS) + 1); // minute of the day
    const hour = this.#hours.find((h) => h >= Math.floor(from / 60));
    if (hour === undefined) return undefined;
    const minute = this.#minutes.find((m) => hour * 60 + m >= from);
    if (minute !== undefined) return midnight + (hour * 60 + minute) * MINUTE_MS;
    const nextHour = this.#hours.find((h) => h > hour);
    return nextHour === undefined ? undefined : midnight + (nextHour * 60 + this.#minutes[0]!) * MINUTE_MS;
  }

  #lastOf(day: number, upToMs: number): number | undefined {
    if (!this.#zone.isSteadyAround(day)) return this.#unsteadyTicks(day).findLast((tick) => tick <= upToMs);

    const midnight = day - this.#zone.offsetAt(day);
    const until = Math.floor((upToMs - midnight) / MINUTE_MS);
    const hour = this.#hours.findLast((h) => h * 60 <= until);
    if (hour === undefined) return undefined;
    const minute = this.#minutes.findLast((m) => hour * 60 + m <= until);
    if (minute !== undefined) return midnight + (hour * 60 + minute) * MINUTE_MS;
    const previousHour = this.#hours.findLast((h) => h < hour);
    return previousHour === undefined ? undefined : midnight + (previousHour * 60 + this.#minutes.at(-1)!) * MINUTE_MS;
  }

  /** Every tick of a day next to a change of the clock, ascending. */
  #unsteadyTicks(day: number): readonly number[] {
    const known = this.#unsteadyDays.get(day);
    if (known !== undefined) return known;

    const ticks = new Set<number>();
    for (const hour of this.#hours) {
      for (const minute of this.#minutes) {
        for (const tick of this.#instantsOf(day + (hour * 60 + minute) * MINUTE_MS)) ticks.add(tick);
      }
    }
    const sorted = [...ticks].sort((a, b) => a - b);
    if (this.#unsteadyDays.size >= REMEMBERED_DAYS) this.#unsteadyDays.clear();
    this.#unsteadyDays.set(day, sorted);
    return sorted;
  }

  #instantsOf(wallMs: number): readonly number[] {
    const instants = this.#zone.instantsOf(wallMs);
    if (!this.#followsRealTime) return instants.slice(0, 1);
    const isSkipped = instants[0] + this.#zone.offsetAt(instants[0]) !== wallMs;
    return isSkipped ? [] : instants;
  }
}
