/** Whether a timer keeps the process alive while nothing else does. */
export interface TimerOptions {
  /** `false`: the process may end before the timer fires. @defaultValue true */
  readonly ref?: boolean;
}

/** A timer that has been set. */
export interface Timer {
  /** Keeps it from firing. Does nothing once it has fired or was cancelled. */
  cancel(): void;
}

/** The only source of time: what is given a clock runs the same under real and under virtual time. */
export interface Clock {
  /**
   * The time of day, which may jump when the machine's clock is set.
   * @unit milliseconds since the epoch; may have a fraction
   */
  now(): number;

  /**
   * Time that only moves forward, from an arbitrary start: for deadlines and measuring.
   * @unit milliseconds; may have a fraction
   */
  monotonic(): number;

  /**
   * Calls back once, in a turn of its own, never before this call returns. Timers of equal due time fire in the order
   * in which they were set. A delay of any length is kept; negative or `NaN` counts as 0, `Infinity` never fires.
   * Measured by `monotonic()`, so a caller that waits for a time of day looks at `now()` again when it fires.
   * @param delayMs milliseconds
   */
  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer;
}
