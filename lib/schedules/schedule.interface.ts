/**
 * When something is due, over and over. A schedule is a fixed set of points of time, its *ticks*, that follow from its
 * definition alone: every process computes the same ones, so the tick's time identifies it, and a claim on (entry,
 * tick) makes it fire once however many workers run.
 */
export interface Schedule {
  /**
   * The tick to wait for or, when it is not after `nowMs`, to fire at once: the latest one after `lastRunMs` and up to
   * `nowMs`, so that runs which were missed collapse into one; the first one after both where none was missed.
   * @param lastRunMs when the entry last ran: the tick that was fired, or any later time
   * @returns milliseconds since the epoch
   */
  nextAfter(lastRunMs: number, nowMs: number): number;

  /** For people: `every 30 s`. */
  describe(): string;

  /** The definition as plain data that crosses processes; `scheduleFromData` makes the schedule from it again. */
  toData(): ScheduleData;
}

/** A schedule as plain data. */
export type ScheduleData = IntervalData | CrontabData;

/** An interval as plain data. */
export interface IntervalData {
  readonly kind: 'interval';
  readonly everyMs: number;
  readonly relative: boolean;
}

/** A crontab as plain data. */
export interface CrontabData {
  readonly kind: 'crontab';
  /** `m h dom mon dow` */
  readonly expression: string;
  /** `undefined`: not given. */
  readonly timezone: string | undefined;
  readonly dst: DstMode;
}

/**
 * What a crontab does when its zone's clock is set.
 *
 * - `celery`: as Celery. A time that is skipped in spring runs as much later (02:30 at 03:30); what comes twice in
 *   autumn runs the first time only, so an hourly or five-minute entry pauses for the repeated hour.
 * - `exact`: an entry whose hours are all 24 follows the time that really passes: it also runs in the repeated hour,
 *   and not for a time that was skipped. Other entries as `celery`, so a daily one runs once each day.
 */
export type DstMode = 'celery' | 'exact';
