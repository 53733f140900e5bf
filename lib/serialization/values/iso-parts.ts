/** A time of day as Python's `datetime.time` keeps it. */
export interface TimeParts {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 to 999999. */
  readonly microsecond: number;
  /** East of UTC; `undefined` for a naive one. */
  readonly offsetSeconds: number | undefined;
}

export interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const TIME =
  /^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.\d{1,6})?)?)?)?$/;

/** The date at the start of an ISO text, and what follows it; `undefined` where it names no day of the years 1 to 9999. */
export function parseDateParts(text: string): (DateParts & { readonly rest: string }) | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (year < 1 || date.getUTCMonth() + 1 !== month || date.getUTCDate() !== day) return undefined;
  return { year, month, day, rest: text.slice(match[0].length) };
}

/** A time of day in ISO form; `undefined` where it names none. */
export function parseTimeParts(text: string): TimeParts | undefined {
  const match = TIME.exec(text);
  if (match === null) return undefined;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  const [offHour, offMinute, offSecond] = [Number(match[6] ?? 0), Number(match[7] ?? 0), Number(match[8] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59 || offHour > 23 || offMinute > 59 || offSecond > 59) return undefined;
  const east = offHour * 3_600 + offMinute * 60 + offSecond;
  return {
    hour,
    minute,
    second,
    microsecond: Number((match[4] ?? '').slice(0, 6).padEnd(6, '0')),
    offsetSeconds: match[5] !== undefined ? (match[5] === '-' ? -east : east) : text.endsWith('Z') ? 0 : undefined,
  };
}

/** As Python's `date.isoformat()`. */
export function formatDateParts({ year, month, day }: DateParts): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** As Python's `time.isoformat()`: microseconds only where there are any. */
export function formatTimeParts({ hour, minute, second, microsecond, offsetSeconds }: TimeParts): string {
  const fraction = microsecond === 0 ? '' : `.${String(microsecond).padStart(6, '0')}`;
  return `${two(hour)}:${two(minute)}:${two(second)}${fraction}${formatOffset(offsetSeconds)}`;
}

function formatOffset(offsetSeconds: number | undefined): string {
  if (offsetSeconds === undefined) return '';
  const size = Math.abs(offsetSeconds);
  const seconds = size % 60 === 0 ? '' : `:${two(size % 60)}`;
  return `${offsetSeconds < 0 ? '-' : '+'}${two(Math.floor(size / 3_600))}:${two(Math.floor(size / 60) % 60)}${seconds}`;
}

/** The numbers of a `datetime.time(…)` or the second half of a `datetime.datetime(…)`, trailing zeros left out as Python does. */
export function pythonTime({ hour, minute, second, microsecond, offsetSeconds }: TimeParts): string {
  const numbers = [
    hour,
    minute,
    ...(second !== 0 || microsecond !== 0 ? [second] : []),
    ...(microsecond !== 0 ? [microsecond] : []),
  ];
  return `${numbers.join(', ')}${pythonZone(offsetSeconds)}`;
}

function pythonZone(offsetSeconds: number | undefined): string {
  if (offsetSeconds === undefined) return '';
  if (offsetSeconds === 0) return ', tzinfo=datetime.timezone.utc';
  const days = offsetSeconds < 0 ? 'days=-1, ' : '';
  return `, tzinfo=datetime.timezone(datetime.timedelta(${days}seconds=${(offsetSeconds + 86_400) % 86_400}))`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
