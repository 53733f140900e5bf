/**
 * Lamport's clock: orders what different processes tell of, whatever their clocks say.
 * @source kombu/clocks.py `LamportClock`
 */
export class LogicalClock {
  private now = 0;

  get value(): number {
    return this.now;
  }

  /** One step on, for something that happens here; returns the new time. */
  forward(): number {
    return (this.now += 1);
  }

  /** Past the time of something that was heard from elsewhere; returns the new time. */
  adjust(other: number): number {
    return (this.now = Math.max(this.now, other) + 1);
  }
}
