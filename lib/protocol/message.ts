/**
 * A signature as it travels inside a message or a stored workflow.
 * @source celery/canvas.py `Signature`; keys are Celery's own
 */
export interface SignatureMap {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly subtask_type?: 'chain' | 'group' | 'chord' | null;
  readonly immutable?: boolean;
}

/** What a task is called with, and what follows from its outcome: the body of a task message. */
export interface TaskBody {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Signatures to send when the task succeeds. */
  readonly callbacks: readonly SignatureMap[];
  /** Signatures to send when it fails. */
  readonly errbacks: readonly SignatureMap[];
  /** The remaining steps of a chain, reversed as on the wire: the next one is the last element. */
  readonly chain: readonly SignatureMap[];
  /** The body of the chord that this task is a header member of. */
  readonly chord: SignatureMap | undefined;
}

/**
 * All that a task message says besides its body; what a worker decides by.
 * Times are epoch milliseconds, durations milliseconds, whatever the wire says.
 */
export interface TaskHead {
  readonly protocol: 1 | 2;
  readonly task: string;
  readonly id: string;
  readonly lang: string | undefined;
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
  readonly groupId: string | undefined;
  readonly groupIndex: number | undefined;
  readonly retries: number;
  readonly etaMs: number | undefined;
  readonly expiresMs: number | undefined;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  readonly shadow: string | undefined;
  readonly origin: string | undefined;
  readonly argsRepr: string | undefined;
  readonly kwargsRepr: string | undefined;
  /** The sender's own wish; `undefined` where it said nothing. */
  readonly ignoreResult: boolean | undefined;
  readonly replacedTaskNesting: number;
  readonly stampedHeaders: readonly string[] | undefined;
  readonly stamps: Readonly<Record<string, unknown>>;
  /** Headers that are not Celery's: the sender's own, kept by retry. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  /** As on the wire. */
  readonly priority: number;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
}

/** Where a message is to go. */
export interface Destination {
  /** The queue that gets it, resolved by the sender's routing. */
  readonly queue: string;
  /** `''`, the anonymous exchange, unless the sender asked for another. */
  readonly exchange: string;
  readonly routingKey: string;
}

/** A message ready for any broker, encoded once by its sender. */
export interface OutgoingMessage extends Destination {
  readonly id: string;
  readonly task: string;
  /** JSON text of the headers map: most brokers splice it into an envelope and need not parse it. */
  readonly headers: string;
  /** Serialized and, where asked, compressed. Text where the content encoding is `utf-8`. */
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly correlationId: string;
  readonly replyTo: string;
  readonly deliveryMode: 1 | 2;
  /** As on the wire of the broker it is for. */
  readonly priority: number;
  /** Time to live in whole milliseconds, as text, when the sender set `expires`. */
  readonly expiration: string | undefined;
  /** Not to be started before; a broker that can hold messages back need not hand it out earlier. */
  readonly etaMs: number | undefined;
  /** When it was sent; whole seconds on the wire, as AMQP's `timestamp` property has them. */
  readonly sentMs?: number | undefined;
}

/** What of an envelope's `properties` the engine reads. */
export interface ReceivedProperties {
  readonly correlationId: string | undefined;
  readonly replyTo: string | undefined;
  readonly priority: number;
  /** When it was sent, where its sender says so. Celery does not. */
  readonly sentMs: number | undefined;
  readonly deliveryTag: string | undefined;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
}

/**
 * A message as a broker handed it over, decoded on demand: reading a property of one that cannot be decoded throws
 * `UndecodableMessage`, so a broker can deliver it and the worker decide what becomes of it.
 */
export interface ReceivedMessage {
  /** The whole message as one line of envelope text, which is how it crosses to a child process. */
  readonly envelope: string;
  /** Characters of the envelope; `undefined` where it has not been written yet. */
  readonly envelopeLength?: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: ReceivedProperties;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Still serialized and compressed. Text where the content encoding is `utf-8` and nothing compressed it. */
  readonly body: string | Uint8Array;
}
