/** Opens something once, when it is first needed; callers share the attempt, and after one that failed the next caller tries again. */
export class LazyConnection {
  private attempt: Promise<void> | undefined;
  private opened = false;

  constructor(private readonly open: () => Promise<void>) {}

  get isOpen(): boolean {
    return this.opened;
  }

  /** @throws what opening throws */
  ready(): Promise<void> {
    if (this.attempt !== undefined) return this.attempt;
    const attempt = this.tryOpen();
    this.attempt = attempt;
    attempt.catch(() => (this.attempt = undefined));
    return attempt;
  }

  /** Waits for an attempt that is under way; never rejects. Returns whether it is open. */
  async settled(): Promise<boolean> {
    await this.attempt?.catch(() => undefined);
    return this.opened;
  }

  private async tryOpen(): Promise<void> {
    await this.open();
    this.opened = true;
  }
}
