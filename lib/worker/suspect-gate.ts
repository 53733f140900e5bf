/**
 * Lets suspects, messages that were lost with their process before, through to the pool no faster than it has processes for them: one
 * for each child of `prefork`, one in all where bodies share a process. A suspect is marked as started when it passes, so
 * it must not wait behind another one after that, or both would be charged with a loss only one of them caused.
 */
export class SuspectGate {
  private passing = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param limit how many at once, now */
  constructor(private readonly limit: () => number) {}

  async pass<T>(body: () => Promise<T>): Promise<T> {
    if (this.passing >= this.limit()) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.passing += 1;
    try {
      return await body();
    } finally {
      this.passing -= 1;
      this.letThrough();
    }
  }

  /** As many as may pass now: more than one after a growth. */
  private letThrough(): void {
    while (this.passing < this.limit()) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.passing += 1;
      next();
    }
  }
}
