interface Watched<T> {
  readonly items: Set<T>;
  readonly stop: () => void;
}

/** Follows the signals of many jobs with one listener a signal, so that jobs may share one without a cost that grows with their number. */
export class Cancellations<T> {
  readonly #watched = new Map<AbortSignal, Watched<T>>();

  /** @param onCancel called for each item of a signal, once */
  constructor(private readonly onCancel: (item: T, reason: unknown) => void) {}

  watch(signal: AbortSignal, item: T): void {
    const known = this.#watched.get(signal);
    if (known) {
      known.items.add(item);
      return;
    }
    const items = new Set([item]);
    const onAbort = (): void => {
      this.#watched.delete(signal);
      for (const each of items) this.onCancel(each, signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#watched.set(signal, { items, stop: () => signal.removeEventListener('abort', onAbort) });
  }

  unwatch(signal: AbortSignal, item: T): void {
    const known = this.#watched.get(signal);
    if (!known?.items.delete(item) || known.items.size > 0) return;
    known.stop();
    this.#watched.delete(signal);
  }
}

/** The reason of an aborted signal in one line, for an outcome. */
export function describeCancel(reason: unknown): string {
  return `cancelled before it started: ${reason instanceof Error ? reason.message : String(reason)}`;
}
