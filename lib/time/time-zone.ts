import { InvalidOptionError } from '../errors/index.js';

const DAY_MS = 86_400_000;

/** Days whose offsets a zone remembers; a worker's schedules look at a handful. */
const REMEMBERED_DAYS = 512;

/**
 * Zones already made, by name: making a formatter takes far longer than using it. Holds nothing but what the name says.
 */
const zones = new Map<string, TimeZone>();

/** A stretch of time in which a zone keeps one offset. */
interface OffsetSpan {
  /** First instant after it; `Infinity` for the last one of a list. @unit milliseconds since the epoch */
  readonly untilMs: number;
  /** What is added to UTC to get the wall clock. @unit milliseconds */
  readonly offsetMs: number;
}

/**
 * The rules of one IANA time zone, read from the runtime's own data. A wall clock time is written as the epoch
 * milliseconds that it would be in UTC, so that calendar arithmetic needs no date type.
 *
 * Assumes, as all users of such data do, that a zone does not change its offset and change it back between two UTC
 * midnights.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #spans = new Map<number, readonly OffsetSpan[]>();

  private constructor(
    /** As it was written; the runtime may know it by an older name (`Europe/Kyiv` as `Europe/Kiev`). */
    readonly name: string,
    format: Intl.DateTimeFormat,
  ) {
    this.#format = format;
  }

  /**
   * @param option path of the option that named the zone
   * @throws {InvalidOptionError} when the runtime has no such zone
   */
  static named(name: string, option = 'timezone'): TimeZone {
    const known = zones.get(name);
    if (known !== undefined) return known;
    try {
      // Newer runtimes also take fixed offsets such as "+01:00"; taking them would make one configuration work on half
      // of them.
      if (!/^[a-z]/i.test(name)) throw new RangeError(`Invalid time zone specified: ${name}`);
      const zone = new TimeZone(name, new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' }));
      zones.set(name, zone);
      return zone;
    } catch (cause) {
      throw new InvalidOptionError(option, 'the name of an IANA time zone, such as "Europe/Paris" or "UTC"', name, {
        cause,
      });
    }
  }

  /** What is added to this instant to get the wall clock. @unit milliseconds */
  offsetAt(utcMs: number): number {
    return this.#spansAround(startOfDay(utcMs)).find(({ untilMs }) => utcMs < untilMs)!.offsetMs;
  }

  /** Whether the offset stays the same from the UTC day before this wall clock time's day to the one after it. */
  isSteadyAround(wallMs: number): boolean {
    return this.#spansAround(startOfDay(wallMs)).length === 1;
  }

  /**
   * The instants at which the wall clock shows this time, earliest first: two where the clock was set back over it.
   * Where it was set forward over it, the one at which the clock would have shown it had it not been set (02:30 becomes
   * 03:30).
   */
  instantsOf(wallMs: number): readonly [number, ...number[]] {
    const spans = this.#spansAround(startOfDay(wallMs));
    let fromMs = -Infinity;
    let skipped = wallMs - spans[0]!.offsetMs;
    const found: number[] = [];
    for (const { untilMs, offsetMs } of spans) {
      const instant = wallMs - offsetMs;
      if (instant >= fromMs && instant < untilMs) found.push(instant);
      else if (instant >= untilMs) skipped = instant;
      fromMs = untilMs;
    }
    const [first = skipped, ...repeated] = found;
    return [first, ...repeated];
  }

  /** The first of `instantsOf`: what Python makes of a time with `fold=0`. */
  toInstant(wallMs: number): number {
    return this.instantsOf(wallMs)[0];
  }

  /**
   * The spans from a day before this midnight to two days after, which hold every instant whose wall clock time is in
   * the day.
   */
  #spansAround(midnight: number): readonly OffsetSpan[] {
    const known = this.#spans.get(midnight);
    if (known !== undefined) return known;

    const spans: OffsetSpan[] = [];
    let offsetMs = this.#readOffset(midnight - DAY_MS);
    for (let from = midnight - DAY_MS; from < midnight + 2 * DAY_MS; from += DAY_MS) {
      const next = this.#readOffset(from + DAY_MS);
      if (next !== offsetMs) spans.push({ untilMs: this.#changeBetween(from, from + DAY_MS, offsetMs), offsetMs });
      offsetMs = next;
    }
    spans.push({ untilMs: Infinity, offsetMs });

    if (this.#spans.size >= REMEMBERED_DAYS) this.#spans.clear();
    this.#spans.set(midnight, spans);
    return spans;
  }

  /** The first instant in (from, to] at which the offset is no longer `offsetMs`. */
  #changeBetween(from: number, to: number, offsetMs: number): number {
    let [before, after] = [from, to];
    while (after - before > 1_000) {
      const middle = before + Math.floor((after - before) / 2_000) * 1_000;
      if (this.#readOffset(middle) === offsetMs) before = middle;
      else after = middle;
    }
    return after;
  }

  #readOffset(utcMs: number): number {
    const [, sign, hours, minutes, seconds = '0'] =
      /GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(this.#format.format(utcMs)) ?? [];
    if (sign === undefined) return 0;
    return (sign === '-' ? -1_000 : 1_000) * (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds));
  }
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}
