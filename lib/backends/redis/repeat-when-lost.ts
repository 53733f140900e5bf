import type { RedisLink } from '../../connections/index.js';
import { ConnectionLostError, ResultBackendUnavailableError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';

/**
 * Does something again when the connection broke before its reply: for what may be done twice.
 * @param withinMs for how long
 * @throws {ResultBackendUnavailableError} when there was no reply in that time
 */
export async function repeatWhenLost<T>(
  link: RedisLink,
  clock: Clock,
  withinMs: number,
  operation: () => Promise<T>,
): Promise<T> {
  const deadline = clock.monotonic() + withinMs;
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      const leftMs = deadline - clock.monotonic();
      if (leftMs <= 0) {
        throw new ResultBackendUnavailableError(
          link.store,
          `its connection broke again and again, and no reply came for ${withinMs} ms ("outageTimeout").`,
          { cause: error },
        );
      }
      await link.ready(leftMs);
    }
  }
}
