import { TaskQueueError } from './task-queue.error.js';

/** A connection broke before the reply came: what was asked for may have happened or not. */
export class ConnectionLostError extends TaskQueueError {
  readonly code = 'TQ_CONNECTION_LOST';

  constructor(
    readonly store: string,
    options?: ErrorOptions,
  ) {
    super(
      `The connection to "${store}" broke before its reply came, so it is not known whether the last command took effect. It is connected again by itself.`,
      options,
    );
  }
}

/** A Redis server does not let us in: wrong password, a user without rights, a database that it does not have. */
export class RedisRefusedError extends TaskQueueError {
  readonly code = 'TQ_REDIS_REFUSED';

  /** @param reason a clause that says what is wrong and what to do */
  constructor(
    readonly store: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Redis "${store}" refused the connection: ${reason}`, options);
  }
}

/** A Redis server cannot be trusted with messages as it is set up. */
export class RedisUnsuitableError extends TaskQueueError {
  readonly code = 'TQ_REDIS_UNSUITABLE';

  /** @param reason a clause that says what is wrong and what to do */
  constructor(
    readonly store: string,
    reason: string,
  ) {
    super(`Redis "${store}" cannot be used for a task queue: ${reason}`);
  }
}

/** A Redis server refused a command; nothing of it was done. */
export class RedisCommandError extends TaskQueueError {
  readonly code = 'TQ_REDIS_COMMAND';

  /**
   * @param what what was being done, as in `publish`
   * @param reason the server's words, and what to do
   */
  constructor(
    readonly store: string,
    readonly what: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`Redis "${store}" refused to ${what}: ${reason}`, options);
  }
}

/** A message was sent to an exchange that no queue is bound to; it was not sent. */
export class UnroutableMessageError extends TaskQueueError {
  readonly code = 'TQ_UNROUTABLE_MESSAGE';

  constructor(
    readonly task: string,
    readonly exchange: string,
    readonly routingKey: string,
    readonly store: string,
  ) {
    super(
      `Task "${task}" was sent to the exchange "${exchange}" with the routing key "${routingKey}", to which no queue of "${store}" is bound, ` +
        'so no worker would ever get it; it was not sent. Start a worker that consumes the queue, which binds it, or name a "queue" instead of an exchange.',
    );
  }
}
