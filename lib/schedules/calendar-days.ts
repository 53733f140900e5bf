import { InvalidDateError } from '../errors/index.js';

const DAY_MS = 86_400_000;

/** The calendar repeats after this, weekdays included. */
const CALENDAR_CYCLE_MONTHS = 400 * 12;

/**
 * What selects the days of a crontab; all three must hold, unlike classic cron, where one of the two days is enough.
 */
export interface DaySelection {
  readonly daysOfMonth: readonly number[];
  /** 1 to 12 */
  readonly months: readonly number[];
  /** 0 (Sunday) to 6 */
  readonly daysOfWeek: readonly number[];
}

/** The days that a crontab names, each as its midnight written as if it were in UTC. */
export class CalendarDays {
  readonly #daysOfMonth: ReadonlySet<number>;
  readonly #months: ReadonlySet<number>;
  readonly #daysOfWeek: ReadonlySet<number>;

  constructor({ daysOfMonth, months, daysOfWeek }: DaySelection) {
    this.#daysOfMonth = new Set(daysOfMonth);
    this.#months = new Set(months);
    this.#daysOfWeek = new Set(daysOfWeek);
  }

  /**
   * Whether there is any such day, ever. Within 400 years each day of the year falls on each weekday, so weekdays rule
   * out none.
   */
  get isPossible(): boolean {
    const leapYear = 2000;
    return [...this.#months].some((month) => Math.min(...this.#daysOfMonth) <= daysIn(leapYear, month - 1));
  }

  /** The first one not before this midnight. */
  onOrAfter(midnight: number): number {
    return this.#seek(midnight, 1);
  }

  /** The last one not after this midnight. */
  onOrBefore(midnight: number): number {
    return this.#seek(midnight, -1);
  }

  #seek(midnight: number, step: 1 | -1): number {
    const start = new Date(midnight);
    let [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
    for (let looked = 0; looked <= CALENDAR_CYCLE_MONTHS; looked++) {
      const found = this.#months.has(month + 1) ? this.#seekInMonth(year, month, day, step) : undefined;
      if (found !== undefined) return found;
      month += step;
      if (month < 0 || month > 11) [year, month] = [year + step, month < 0 ? 11 : 0];
      day = step > 0 ? 1 : 31;
    }
    throw new InvalidDateError(midnight, 'a time in a year that has a calendar');
  }

  #seekInMonth(year: number, month: number, from: number, step: 1 | -1): number | undefined {
    const first = Date.UTC(year, month, 1);
    const dayBeforeFirst = new Date(first).getUTCDay() + 6; // modulo 7
    const length = daysIn(year, month);
    for (let day = Math.min(from, length); day >= 1 && day <= length; day += step) {
      if (this.#daysOfMonth.has(day) && this.#daysOfWeek.has((dayBeforeFirst + day) % 7))
        return first + (day - 1) * DAY_MS;
    }
    return undefined;
  }
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
}
