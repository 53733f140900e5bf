import type { OutgoingMessage } from '../protocol/index.js';

/** Where the engine tells that something happened. An event is made only when `isObserved` says that somebody listens. */
export interface SignalSink<T> {
  readonly isObserved: boolean;
  /** Never throws, whatever a listener does. */
  emit(event: T): void;
}

/** What is told of a message that is sent. */
export interface TaskPublishEvent {
  readonly task: string;
  readonly id: string;
  readonly queue: string;
  readonly message: OutgoingMessage;
}

/** What a client tells. */
export interface PublishSignals {
  /** Before a message is handed to the broker. */
  readonly beforeTaskPublish: SignalSink<TaskPublishEvent>;
  /** After the broker has confirmed it. */
  readonly afterTaskPublish: SignalSink<TaskPublishEvent>;
}

/** A sink nobody listens to. */
export const silentSink: SignalSink<unknown> = { isObserved: false, emit: () => undefined };

/** For a client whose events nobody wants. */
export const silentPublishSignals: PublishSignals = { beforeTaskPublish: silentSink, afterTaskPublish: silentSink };
