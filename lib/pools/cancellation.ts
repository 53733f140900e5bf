import type { TerminationSignal } from '../options/index.js';

/** Told of a request, and once more where one to end the body follows. */
export type CancellationListener = (reason: unknown, termination: TerminationSignal | undefined) => void;

/** Cancels one job, once. Stands where an AbortController would, whose signal and listeners cost more than the rest of a small job. */
export class Cancellation {
  #isRequested = false;
  #reason: unknown;
  #termination: TerminationSignal | undefined;
  #listener: CancellationListener | undefined;

  get isRequested(): boolean {
    return this.#isRequested;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The signal to end it with, where it is to end even though it runs. */
  get termination(): TerminationSignal | undefined {
    return this.#termination;
  }

  /** Repeating it changes nothing. @defaultValue an `AbortError` */
  request(reason: unknown = abortError()): void {
    if (this.#isRequested) return;
    this.#isRequested = true;
    this.#reason = reason;
    this.#listener?.(reason, undefined);
  }

  /** Ends its body as well if it has begun, or once it begins; also after `request`. Repeating it changes nothing. */
  terminate(signal: TerminationSignal, reason: unknown = abortError()): void {
    if (this.#termination !== undefined) return;
    this.#termination = signal;
    if (!this.#isRequested) this.#reason = reason;
    this.#isRequested = true;
    this.#listener?.(this.#reason, signal);
  }

  /** For the pool that has the job; it looks at `isRequested` first, and is told of what comes later. */
  onRequest(listener: CancellationListener): void {
    this.#listener = listener;
  }
}

function abortError(): DOMException {
  return new DOMException('This operation was aborted', 'AbortError');
}

/** The reason of a cancellation in one line, for an outcome. */
export function describeCancel(reason: unknown): string {
  return `cancelled before it started: ${reason instanceof Error ? reason.message : String(reason)}`;
}
