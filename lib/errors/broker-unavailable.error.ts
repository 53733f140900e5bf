import { TaskQueueError } from './task-queue.error.js';

/** A broker cannot be reached, or is not connected. */
export class BrokerUnavailableError extends TaskQueueError {
  readonly code = 'TQ_BROKER_UNAVAILABLE';

  /** @param reason a clause that says what is wrong and what to do */
  constructor(
    readonly store: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Broker "${store}" is not available: ${reason}`, options);
  }
}

/** A result backend cannot be reached, or is not connected. */
export class ResultBackendUnavailableError extends TaskQueueError {
  readonly code = 'TQ_RESULT_BACKEND_UNAVAILABLE';

  /** @param reason a clause that says what is wrong and what to do */
  constructor(
    readonly store: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Result backend "${store}" is not available: ${reason}`, options);
  }
}

/** A consumer was cut off: what it held has been given back, and nothing it does any more counts. */
export class LeaseLostError extends TaskQueueError {
  readonly code = 'TQ_LEASE_LOST';

  constructor(
    readonly owner: string,
    readonly store: string,
  ) {
    super(
      `Consumer "${owner}" of "${store}" was cut off; the messages it held were given back and run elsewhere. Close it and consume anew.`,
    );
  }
}

/** A consumer waited for messages without looking for them any more, though its broker was there; the worker consumes anew. */
export class ConsumerStalledError extends TaskQueueError {
  readonly code = 'TQ_CONSUMER_STALLED';

  constructor(
    readonly owner: string,
    readonly store: string,
    readonly silentMs: number,
  ) {
    super(
      `Consumer "${owner}" of "${store}" has not looked for messages for ${Math.round(silentMs / 1_000)} s; it is replaced by another one.`,
    );
  }
}

/** A URL names a system that no adapter of this version speaks to. */
export class UnsupportedUrlError extends TaskQueueError {
  readonly code = 'TQ_UNSUPPORTED_URL';

  /**
   * @param option path of the option that held it
   * @param maskedUrl without its password
   * @param known schemes that are understood
   * @param planned whether the scheme is one that a later version is to understand
   */
  constructor(
    readonly option: string,
    readonly maskedUrl: string,
    readonly known: readonly string[],
    planned: boolean,
  ) {
    super(
      `Option "${option}" names "${maskedUrl}", ` +
        (planned ? 'whose adapter is not part of this version' : 'whose scheme is not known') +
        `. Known here are: ${known.map((scheme) => `"${scheme}:"`).join(', ')}.`,
    );
  }
}
