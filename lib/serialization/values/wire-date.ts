import { DecodeError, describeValue } from '../../errors/index.js';
import { formatDateParts, parseDateParts, type DateParts } from './iso-parts.js';
import type { PythonValue } from './python-value.interface.js';

/** Python's `date`: a day of the calendar, without a time or a zone. */
export class WireDate implements DateParts, PythonValue {
  /** @throws {DecodeError} when there is no such day */
  constructor(
    readonly year: number,
    /** 1 to 12. */
    readonly month: number,
    readonly day: number,
  ) {
    if (parseDateParts(formatDateParts(this)) === undefined) throw unusable(formatDateParts(this));
  }

  /** Takes the date of a full date and time too. @throws {DecodeError} when the text does not begin with a date */
  static fromIso(text: string): WireDate {
    const date = parseDateParts(text);
    if (date === undefined || !/^(?:$|[T ])/.test(date.rest)) {
      throw unusable(text);
    }
    return new WireDate(date.year, date.month, date.day);
  }

  /** Its midnight in UTC. */
  toDate(): Date {
    return new Date(`${this.toString()}T00:00:00Z`);
  }

  toString(): string {
    return formatDateParts(this);
  }

  toJSON(): string {
    return this.toString();
  }

  toPython(): string {
    return `datetime.date(${this.year}, ${this.month}, ${this.day})`;
  }
}

function unusable(text: string): DecodeError {
  return new DecodeError(`Expected a date such as "2026-01-31", got ${describeValue(text)}.`);
}
