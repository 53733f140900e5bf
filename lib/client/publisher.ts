import type { Broker } from '../brokers/index.js';
import { ClientClosedError } from '../errors/index.js';
import type { OutgoingMessage } from '../protocol/index.js';
import type { LazyConnection } from './lazy-connection.js';
import type { PublishSignals } from './signal-sink.js';

interface Waiting {
  readonly value: unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Steps under way at which what is sent waits for the end of the turn, however much it is. */
const MOST_EARLY = 2;

/**
 * Hands messages to the broker: all that are given in one turn of the event loop go in one step, with one confirm; in a few where the broker can work on
 * the first while the others are made.
 */
export class Publisher {
  private readonly earlyFrom: number;
  private messages: OutgoingMessage[] = [];
  private waiting: Waiting[] = [];
  private readonly running = new Set<Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly broker: Broker,
    private readonly connection: LazyConnection,
    private readonly signals: PublishSignals,
  ) {
    this.earlyFrom = broker.capabilities.sendsEarlyFrom ?? Infinity;
  }

  /** Resolves with the value when the broker has confirmed the message; in one step with whatever else is sent in this turn. */
  publish<T>(message: OutgoingMessage, value: T): Promise<T> {
    if (this.isClosed) return Promise.reject(closedError(message));
    return new Promise((resolve, reject) => {
      const count = this.messages.push(message);
      this.waiting.push({ value, resolve, reject });
      if (count === 1) setImmediate(() => this.flush());
      if (count >= this.earlyFrom && this.running.size < MOST_EARLY) this.flush();
    });
  }

  /** Resolves when the broker has confirmed them all; in a step of their own. */
  async publishAll(messages: readonly OutgoingMessage[]): Promise<void> {
    const [first] = messages;
    if (first === undefined) return;
    if (this.isClosed) throw closedError(first);
    await this.track(this.deliver(messages));
  }

  /** Takes nothing more; resolves when what was given is confirmed or has failed. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.flush();
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private flush(): void {
    const { messages, waiting } = this;
    if (messages.length === 0) return;
    this.messages = [];
    this.waiting = [];
    void this.track(this.deliver(messages)).then(
      () => waiting.forEach(({ resolve, value }) => resolve(value as never)),
      (error: unknown) => waiting.forEach(({ reject }) => reject(error)),
    );
  }

  private async deliver(messages: readonly OutgoingMessage[]): Promise<void> {
    const { beforeTaskPublish, afterTaskPublish } = this.signals;
    if (!this.connection.isOpen) await this.connection.ready();
    if (beforeTaskPublish.isObserved) for (const message of messages) beforeTaskPublish.emit(toEvent(message));
    await this.broker.publish(messages);
    if (afterTaskPublish.isObserved) for (const message of messages) afterTaskPublish.emit(toEvent(message));
  }

  private track(work: Promise<void>): Promise<void> {
    this.running.add(work);
    const untrack = (): void => void this.running.delete(work);
    work.then(untrack, untrack);
    return work;
  }
}

function toEvent(message: OutgoingMessage) {
  return { task: message.task, id: message.id, queue: message.queue, message };
}

function closedError({ task }: OutgoingMessage): ClientClosedError {
  return new ClientClosedError(`send task "${task}"`);
}
