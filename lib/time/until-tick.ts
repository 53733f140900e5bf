import type { Clock } from './clock.interface.js';

/**
 * How long until the clock next stands at a whole multiple of a period, at least half a period from now. Who looks after something now and then waits so long:
 * all that look wake an idle process together, once, instead of one after the other.
 * @unit milliseconds
 */
export function untilTick(clock: Clock, periodMs: number): number {
  const restMs = periodMs - (clock.monotonic() % periodMs);
  return restMs < periodMs / 2 ? restMs + periodMs : restMs;
}
