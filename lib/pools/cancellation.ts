/** Cancels one job, once. Stands where an AbortController would, whose signal and listeners cost more than the rest of a small job. */
export class Cancellation {
  #isRequested = false;
  #reason: unknown;
  #listener: ((reason: unknown) => void) | undefined;

  get isRequested(): boolean {
    return this.#isRequested;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** Repeating it changes nothing. @defaultValue an `AbortError` */
  request(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.#reason = reason;
    this.#listener?.(reason);
  }

  /** For the pool that has the job; it looks at `isRequested` first, and is told of what comes later. */
  onRequest(listener: (reason: unknown) => void): void {
    this.#listener = listener;
  }
}

/** The reason of a cancellation in one line, for an outcome. */
export function describeCancel(reason: unknown): string {
  return `cancelled before it started: ${reason instanceof Error ? reason.message : String(reason)}`;
}
