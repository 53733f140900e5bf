import { systemClock, type Clock } from '../../../lib/time/index.js';

/** A clock that runs faster than time, for what the library does every few seconds. */
export function hurriedClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * factor,
    setTimer: (callback, delayMs, options) => systemClock.setTimer(callback, delayMs / factor, options),
  };
}
