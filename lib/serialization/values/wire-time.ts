import { DecodeError, describeValue } from '../../errors/index.js';
import { formatTimeParts, parseTimeParts, pythonTime, type TimeParts } from './iso-parts.js';
import type { PythonValue } from './python-value.interface.js';

/** Python's `time`: a time of day, with an offset where it has one. */
export class WireTime implements TimeParts, PythonValue {
  /** @throws {DecodeError} when there is no such time */
  constructor(
    readonly hour: number,
    readonly minute: number,
    readonly second = 0,
    /** 0 to 999999. */
    readonly microsecond = 0,
    /** East of UTC; `undefined` for a naive one. */
    readonly offsetSeconds: number | undefined = undefined,
  ) {
    if (parseTimeParts(formatTimeParts(this)) === undefined) throw unusable(formatTimeParts(this));
  }

  /** @throws {DecodeError} when the text is no time of day */
  static fromIso(text: string): WireTime {
    const time = parseTimeParts(text);
    if (time === undefined) throw unusable(text);
    return new WireTime(time.hour, time.minute, time.second, time.microsecond, time.offsetSeconds);
  }

  toString(): string {
    return formatTimeParts(this);
  }

  toJSON(): string {
    return this.toString();
  }

  toPython(): string {
    return `datetime.time(${pythonTime(this)})`;
  }
}

function unusable(text: string): DecodeError {
  return new DecodeError(`Expected a time such as "12:30:00", got ${describeValue(text)}.`);
}
