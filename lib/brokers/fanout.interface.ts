/** One message to everyone, or to one who waits for an answer. Its adapter wraps it in the envelope that Celery's tools expect there. */
export interface FanoutMessage {
  /** What listeners choose by, words joined by dots; `''` where everyone gets everything. For a reply: who waits. */
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** As brokers that tell them apart are told. 1 is not to outlive the broker. @defaultValue 1 */
  readonly deliveryMode?: 1 | 2;
  /** Serialized. A listener has text where the content encoding is `utf-8`. */
  readonly body: string | Uint8Array;
}

/** Told of each message, in the order of its sender. What it throws is logged where the broker has a log, and disturbs nobody. */
export type FanoutListener = (message: FanoutMessage) => void;

/** What `Fanout` opens; ends with `close`, which is safe to call twice. */
export interface FanoutSubscription {
  close(): Promise<void>;
}

/**
 * A broker's ability to reach everyone who listens now: what remote control and events travel by. Nothing is kept for those who do not listen, and
 * what is sent while a listener has no connection passes it by.
 * @source kombu `supports_fanout`, kombu/pidbox.py
 */
export interface Fanout {
  /** Resolves when the broker has it; with how many heard of it, where the broker tells. */
  broadcast(exchange: string, message: FanoutMessage): Promise<number | undefined>;
  /**
   * Resolves once it listens. Connects again by itself, and listens on.
   * @param pattern over routing keys, as of a topic exchange: `*` is one word, `#` any number; `'#'` is everything
   */
  listen(exchange: string, pattern: string, listener: FanoutListener): Promise<FanoutSubscription>;
  /**
   * Opens a place for answers that are sent to this exchange under this key; what nobody has read by its `close` is gone with it. Resolves once an answer
   * would arrive.
   * @source kombu/pidbox.py `Mailbox.get_reply_queue`
   */
  openReplies(exchange: string, routingKey: string, listener: FanoutListener): Promise<FanoutSubscription>;
  /** Sends an answer; it is dropped where nobody waits for it, or does no more. */
  reply(exchange: string, message: FanoutMessage): Promise<void>;
}
