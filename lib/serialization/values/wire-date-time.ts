import { DecodeError, describeValue } from '../../errors/index.js';
import {
  formatDateParts,
  formatTimeParts,
  parseDateParts,
  parseTimeParts,
  pythonTime,
  type DateParts,
  type TimeParts,
} from './iso-parts.js';
import type { PythonValue } from './python-value.interface.js';

/**
 * Python's `datetime`: a `Date` that also keeps microseconds and the offset it was written with, so that it returns to Python equal.
 * One without an offset is naive: its moment is read as UTC, and it is written without an offset again.
 */
export class WireDateTime extends Date implements PythonValue {
  /** The part below a millisecond, 0 to 999. */
  readonly microseconds: number;
  /** East of UTC; `undefined` for a naive one. */
  readonly offsetSeconds: number | undefined;

  /**
   * @param ms moment, in whole milliseconds since the epoch
   * @param microseconds what follows the milliseconds, 0 to 999
   * @param offsetSeconds offset it is written with, east of UTC; none for a naive one
   */
  constructor(ms: number, microseconds = 0, offsetSeconds?: number) {
    super(ms);
    this.microseconds = microseconds;
    this.offsetSeconds = offsetSeconds;
  }

  /** @throws {DecodeError} when the text is no date and time in ISO 8601 */
  static fromIso(text: string): WireDateTime {
    const date = parseDateParts(text);
    const rest = date?.rest ?? '';
    const time = rest === '' ? MIDNIGHT : /^[T ]/.test(rest) ? parseTimeParts(rest.slice(1)) : undefined;
    if (date === undefined || time === undefined) {
      throw new DecodeError(
        `Expected a datetime in ISO 8601, such as "2026-01-31T12:00:00+00:00", got ${describeValue(text)}.`,
      );
    }
    const wall = new Date(0);
    wall.setUTCFullYear(date.year, date.month - 1, date.day);
    wall.setUTCHours(time.hour, time.minute, time.second, Math.floor(time.microsecond / 1_000));
    return new WireDateTime(
      wall.getTime() - (time.offsetSeconds ?? 0) * 1_000,
      time.microsecond % 1_000,
      time.offsetSeconds,
    );
  }

  /** Whether it says nothing about its time zone. */
  get naive(): boolean {
    return this.offsetSeconds === undefined;
  }

  /** As Python's `isoformat()` writes it, with the offset it came with. */
  toIso(): string {
    const parts = this.parts();
    return `${formatDateParts(parts)}T${formatTimeParts(parts)}`;
  }

  toPython(): string {
    const parts = this.parts();
    return `datetime.datetime(${parts.year}, ${parts.month}, ${parts.day}, ${pythonTime(parts)})`;
  }

  private parts(): DateParts & TimeParts {
    const wall = new Date(this.getTime() + (this.offsetSeconds ?? 0) * 1_000);
    return {
      year: wall.getUTCFullYear(),
      month: wall.getUTCMonth() + 1,
      day: wall.getUTCDate(),
      hour: wall.getUTCHours(),
      minute: wall.getUTCMinutes(),
      second: wall.getUTCSeconds(),
      microsecond: wall.getUTCMilliseconds() * 1_000 + this.microseconds,
      offsetSeconds: this.offsetSeconds,
    };
  }
}

const MIDNIGHT: TimeParts = { hour: 0, minute: 0, second: 0, microsecond: 0, offsetSeconds: undefined };
