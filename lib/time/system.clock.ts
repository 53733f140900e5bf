import type { Clock, Timer, TimerOptions } from './clock.interface.js';

/** Beyond this Node fires a timer at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's clock. Other rooms are handed it as a `Clock`; they never read the time themselves. */
export const systemClock: Clock = {
  // Not timeOrigin + performance.now(): that never follows a clock that is set later.
  now: () => Date.now(),

  monotonic: () => performance.now(),

  setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    let timeout: NodeJS.Timeout;
    const wait = (remainingMs: number): void => {
      const stepMs = Math.min(remainingMs, LONGEST_TIMEOUT_MS);
      timeout = setTimeout(() => (remainingMs > stepMs ? wait(remainingMs - stepMs) : callback()), stepMs);
      if (options?.ref === false) timeout.unref();
    };
    wait(delayMs > 0 ? delayMs : 0);
    return { cancel: () => clearTimeout(timeout) };
  },
};
