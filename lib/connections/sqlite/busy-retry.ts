import { StoreBusyError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import { isBusy } from './sqlite-error.js';

/** How long a store that others have locked is tried again. */
export const BUSY_DEADLINE_MS = 10_000;

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;

/**
 * Waits before the next attempt: a random time, since SQLite's own waiting is unfair to one of two processes and blocks the event loop.
 * The timer keeps the process alive, for somebody waits for what is being tried.
 */
export function pause(clock: Clock): Promise<void> {
  const pauseMs = SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS);
  return new Promise((resolve) => clock.setTimer(resolve, pauseMs));
}

/**
 * Does it again as long as others have the store locked.
 * @throws {StoreBusyError} when they still have at the deadline
 */
export async function retryWhileBusy<T>(path: string, clock: Clock, attempt: () => T): Promise<T> {
  const startMs = clock.monotonic();
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      const waitedMs = clock.monotonic() - startMs;
      if (waitedMs > BUSY_DEADLINE_MS) throw new StoreBusyError(path, waitedMs, { cause: error });
      await pause(clock);
    }
  }
}
