const SHORTEST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Messages that are looked at again for nothing in a second. */
const MOST_PER_SECOND = 1_000;

/**
 * How long a message rests at most. A pace that was expected and is not kept, as tasks became shorter, must not let slots stand idle for longer than that; nor must
 * very many messages be looked at again all the time. So it is short, and grows with what is set aside.
 */
export class Horizon {
  private currentMs = SHORTEST_MS;
  private sinceMs = -Infinity;
  private count = 0;

  /** For one more message. */
  next(nowMs: number): number {
    const elapsedMs = nowMs - this.sinceMs;
    if (elapsedMs >= this.currentMs) {
      const perSecond = (this.count * 1_000) / elapsedMs;
      this.currentMs = clamp((this.currentMs * perSecond) / MOST_PER_SECOND, SHORTEST_MS, LONGEST_MS);
      this.sinceMs = nowMs;
      this.count = 0;
    }
    this.count += 1;
    return this.currentMs;
  }
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
