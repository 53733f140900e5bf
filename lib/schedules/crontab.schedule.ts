import { InvalidCrontabError, InvalidOptionError } from '../errors/index.js';
import { TimeZone } from '../time/index.js';
import {
  CRONTAB_FIELDS,
  formatCrontabField,
  parseCrontabField,
  type CrontabField,
  type CrontabFieldValue,
} from './crontab-field.js';
import { CalendarDays } from './calendar-days.js';
import { CrontabTicks } from './crontab-ticks.js';
import type { CrontabData, DstMode, Schedule } from './schedule.interface.js';

/** A crontab's fields by name; one that is absent stands for `*`. */
export type CrontabFields = { readonly [Name in CrontabField['name']]?: CrontabFieldValue };

/** In what time a crontab is read. */
export interface CrontabOptions {
  /** IANA name of the zone whose wall clock is meant. @defaultValue UTC */
  readonly timezone?: string;
  /** What happens when the zone's clock is set. @defaultValue 'celery' */
  readonly dst?: DstMode;
}

/**
 * Due when the wall clock of a zone shows a matching minute, hour, day of month, month **and** day of week.
 * @source celery/schedules.py `crontab`; the ticks also where Celery leaves some out (a last minute before midnight
 * that was missed)
 */
export class CrontabSchedule implements Schedule {
  /** `m h dom mon dow`, as given. */
  readonly expression: string;
  readonly timezone: string;
  readonly dst: DstMode;
  readonly #givenTimezone: string | undefined;
  readonly #ticks: CrontabTicks;

  /**
   * @throws {InvalidCrontabError} when a field cannot be read, or no day ever matches
   * @throws {InvalidOptionError} when the zone is not known, or `dst` has another value
   */
  constructor(fields: CrontabFields, { timezone, dst = 'celery' }: CrontabOptions = {}) {
    if (dst !== 'celery' && dst !== 'exact') throw new InvalidOptionError('crontab.dst', '"celery" or "exact"', dst);
    const given = CRONTAB_FIELDS.map((field) => fields[field.name] ?? '*');
    const [minutes, hours, daysOfMonth, months, daysOfWeek] = CRONTAB_FIELDS.map((field, index) =>
      parseCrontabField(field, given[index]!),
    ) as [number[], number[], number[], number[], number[]];
    if (!new CalendarDays({ daysOfMonth, months, daysOfWeek }).isPossible) {
      const problem = `no month of "${formatCrontabField(given[3]!)}" has such a day, so it would never be due`;
      throw new InvalidCrontabError('dayOfMonth', given[2], problem, 'a day that comes in one of the months at least');
    }

    this.expression = given.map(formatCrontabField).join(' ');
    this.timezone = timezone ?? 'UTC';
    this.dst = dst;
    this.#givenTimezone = timezone;
    const zone = TimeZone.named(this.timezone, 'crontab.timezone');
    this.#ticks = new CrontabTicks({ minutes, hours, daysOfMonth, months, daysOfWeek }, zone, dst);
  }

  nextAfter(lastRunMs: number, nowMs: number): number {
    const first = this.#ticks.after(lastRunMs);
    return first <= nowMs ? this.#ticks.upTo(nowMs) : first;
  }

  describe(): string {
    return `crontab "${this.expression}" in ${this.timezone}`;
  }

  toData(): CrontabData {
    return { kind: 'crontab', expression: this.expression, timezone: this.#givenTimezone, dst: this.dst };
  }

  /** The same in another zone, unless it was given one of its own: for a setting that names the zone of all entries. */
  withDefaultTimezone(timezone: string): CrontabSchedule {
    if (this.#givenTimezone !== undefined) return this;
    return new CrontabSchedule(fieldsOf(this.expression), { timezone, dst: this.dst });
  }
}

/**
 * Splits `m h dom mon dow`.
 * @throws {InvalidCrontabError} unless there are five fields
 */
export function fieldsOf(expression: string): CrontabFields {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== CRONTAB_FIELDS.length || texts[0] === '') {
    const count = texts[0] === '' ? 0 : texts.length;
    const hint = count === 6 ? ', and seconds are not supported' : '';
    const problem = `it has ${count} ${count === 1 ? 'field' : 'fields'}${hint}`;
    const accepted = 'five fields (minute, hour, day of month, month, day of week) such as "30 3 * * mon-fri"';
    throw new InvalidCrontabError(undefined, expression, problem, accepted);
  }
  return Object.fromEntries(CRONTAB_FIELDS.map((field, index) => [field.name, texts[index]!]));
}
