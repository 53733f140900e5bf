import { setTimeout as pause } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';

export interface UntilOptions {
  readonly withinMs: number;
  readonly everyMs?: number;
  /** What is waited for, for the error. */
  readonly what: string;
  /** Facts for the error. */
  readonly detail?: () => string;
}

/**
 * Looks until there is something: neither `undefined` nor `false`.
 * @throws when it takes longer than it may
 */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: UntilOptions,
): Promise<T> {
  const { withinMs, everyMs = 10, what, detail } = options;
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) {
      throw new Error(`${what}: not within ${withinMs} ms. ${detail?.() ?? ''}`.trimEnd());
    }
    await pause(everyMs);
  }
}
