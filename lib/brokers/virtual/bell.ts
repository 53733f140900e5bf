/** Wakes one waiter. A ring that nobody waited for is remembered, so that none is missed between a look and a wait. */
export class Bell {
  private rung = false;
  private answer: (() => void) | undefined;

  ring(): void {
    this.rung = true;
    this.answer?.();
  }

  /** Resolves with the next ring, at once if it rang since the last wait, or when `signal` aborts. One waiter at a time. */
  async next(signal: AbortSignal): Promise<void> {
    if (!this.rung && !signal.aborted) await this.wait(signal);
    this.rung = false;
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const answer = (): void => {
        signal.removeEventListener('abort', answer);
        this.answer = undefined;
        resolve();
      };
      signal.addEventListener('abort', answer);
      this.answer = answer;
    });
  }
}
