import type { TerminationSignal } from '../options/index.js';
import type { OutgoingMessage, ReceivedMessage } from '../protocol/index.js';
import type { Fanout } from './fanout.interface.js';
import type { QueueInspection } from './queue-inspection.interface.js';

/** What a broker can do. Data, so the worker, the documentation and the conformance suite read one source. */
export interface BrokerCapabilities {
  /** Which wire priority is served first: kombu's Redis layout serves 0 first, AMQP the highest. */
  readonly priorityOrder: 'lowest-first' | 'highest-first';
  /** Whether a message with an `etaMs` in the future can be published parked, and not be handed out before. */
  readonly parksOnPublish: boolean;
  /** Whether messages outlive the process that sent them. */
  readonly durable: boolean;
  /**
   * Number of messages that are worth a step of their own before the turn of the event loop that sends them ends, as the broker works on them while the
   * sender makes the next.
   * @defaultValue no number is
   */
  readonly sendsEarlyFrom?: number;
}

/** A live connection to a message broker; the conformance suite holds its full contract. */
export interface Broker {
  readonly capabilities: BrokerCapabilities;
  /** Where its data live, equal for a result backend in the same place, so that both can be written in one step. Never holds a password. */
  readonly store: string;
  readonly status: ConnectionStatus;
  /** Applies only where the broker can reach all who listen, keep revocations, count rates, claim ticks, show dead letters or tell a queue's size. */
  readonly fanout?: Fanout;
  readonly revocations?: RevocationStore;
  readonly rateLimits?: RateLimits;
  readonly ticks?: TickClaims;
  readonly deadLetters?: DeadLetters;
  readonly queues?: QueueInspection;

  /** @throws {BrokerUnavailableError} when it cannot be reached, or a more exact error of its adapter when it cannot be used */
  connect(): Promise<void>;
  /** Makes the queues known; needed before consuming, harmless when repeated. */
  declare(queues: readonly QueueDeclaration[]): Promise<void>;
  /** Resolves when the broker has confirmed every one of them; in order for one queue and priority. */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Safe to call twice. Consumers are closed first by their owner. */
  close(): Promise<void>;
}

export type ConnectionStatus = 'closed' | 'connecting' | 'ready';

export interface QueueDeclaration {
  readonly name: string;
}

export interface ConsumeOptions {
  readonly queues: readonly string[];
  /** How the queues are visited within one priority. @defaultValue 'round_robin' @source kombu `queue_order_strategy` */
  readonly order?: 'round_robin' | 'priority' | 'sorted';
  /** Node name, for people who look into the store. */
  readonly node: string;
  /**
   * Envelopes longer than that are dead-lettered by the broker itself where a consumer could not bear to receive one. @unit bytes @defaultValue none
   */
  readonly longest?: number;
}

/** One worker's hold on its queues. What it has taken stays its own, under a lease it renews by itself, until settled. */
export interface Consumer {
  /** Unique for each consumer; what a reaper asks for. */
  readonly owner: string;
  /** What opens a `LeaseKeeper` for this consumer in another thread of the process; only where the broker has one. */
  readonly lease?: LeaseKeeperData;
  /** Whether another process serves `take`: then it can look for the next messages while this one works on the last. @defaultValue `false` */
  readonly isRemote?: boolean;
  /** Present where another machine keeps time for all: its time of day, by which etas and expiries are judged. @unit milliseconds */
  now?(): number;
  /**
   * Present where taking needs a server or a file: when `take` last looked for messages with success, as it does every second while it waits. On the
   * clock's `monotonic()`.
   */
  polledAtMs?(): number;
  /**
   * Up to `max` deliveries, in consumption order, and fewer where many or large ones wait: at least one, at most 64 and 1 MiB of
   * envelopes beyond the first. Waits for the first one; none when `signal` aborts or the consumer closes. One call at a time.
   * @throws {LeaseLostError} when this consumer was cut off: its messages are given back, and it gets no more
   */
  take(max: number, signal: AbortSignal): Promise<readonly Delivery[]>;
  /**
   * Settles a batch in one step. Applies only to deliveries still held by this consumer; returns those that were not, for
   * which nothing was done: no result, no successor. Safe to repeat.
   */
  settle(batch: readonly Settlement[]): Promise<readonly Delivery[]>;
  /**
   * Present where parts of chords can be counted in the step that settles their messages. Acknowledges those whose part is `counted` or `over`, with all that
   * goes with them; of those whose part is `yours` it only writes the results: they stay held, until `settle` sends what follows from the chord.
   */
  join?(batch: readonly JoinSettlement[]): Promise<JoinAnswer>;
  /**
   * Takes from these queues from now on, which are declared, or from none; also a take that waits does. What is held of others stays held, and what was on its way
   * from one may still come.
   */
  setQueues(queues: readonly string[]): Promise<void>;
  /** Records that the bodies of these redelivered messages are about to start, so that a further loss is charged to them. */
  markStarted(deliveries: readonly Delivery[]): Promise<void>;
  /** Those that are no longer held by this consumer. Asked before a result is written to another store. */
  findLost(deliveries: readonly Delivery[]): Promise<readonly Delivery[]>;
  /** Present where a hold can be lost while it lasts: tells of deliveries that are another's now, so that their bodies can be stopped. */
  onLost?(listener: (deliveries: readonly Delivery[]) => void): void;
  /** Looks for dead owners now, and returns how many messages were given back; also done by itself, at its own pace. */
  reap(): Promise<number>;
  /** Gives back what is unsettled, uncharged, and leaves. Safe to call twice. */
  close(): Promise<void>;
}

/** Plain data; crosses to another thread. */
export interface LeaseKeeperData {
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly owner: string;
  /** The lease ends unless it is renewed: the keeper's `beat` has to be called while the consumer's thread is busy. */
  readonly endsByItself?: boolean;
}

/**
 * A consumer's proxy in another thread of its process, on a connection of its own: acts while the consumer's own thread is
 * busy with a body. See `openLeaseKeeper`.
 */
export interface LeaseKeeper {
  /** As `Consumer.settle`, by tag; returns the tags that were no longer held, for which nothing was done. */
  settle(batch: readonly TagSettlement[]): Promise<readonly string[]>;
  /**
   * Cuts the consumer off, as before its process is ended: gives back all it holds, marked redelivered but uncharged. What it
   * settles afterwards does not count, and it takes no more. Returns how many were given back.
   */
  fence(): Promise<number>;
  /**
   * Present where a lease ends by itself: keeps it, and what is held under it, while the consumer's own thread is busy. To be
   * called twice a second. `false`: it was cut off already.
   */
  beat?(): Promise<boolean>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** What becomes of the delivery with that tag. */
export interface TagSettlement {
  readonly tag: string;
  /** `requeue` gives it back uncharged, marked redelivered. @defaultValue 'ack' */
  readonly as?: 'ack' | 'requeue';
  readonly results?: readonly EncodedResult[];
  readonly successors?: readonly OutgoingMessage[];
}

/** One handing-over of a message. */
export interface Delivery {
  /** The fence: new for each take, so that a late settlement cannot meet a later delivery. */
  readonly tag: string;
  readonly queue: string;
  /** Handed out before, and given back by a loss or a requeue. */
  readonly redelivered: boolean;
  /** How often it was lost with the process that ran it. */
  readonly losses: number;
  readonly message: ReceivedMessage;
  /** It was settled, and nobody asks for its message again: whatever still refers to the delivery need not keep that. */
  dropContent?(): void;
}

/** What becomes of a delivery. */
export type Settlement = SettlementEffects &
  (
    | { readonly as: 'ack' }
    /** Back to its place, marked redelivered; `charge` counts a loss. */
    | { readonly as: 'requeue'; readonly charge: boolean }
    /** Back to its place as if never taken. */
    | { readonly as: 'release' }
    /** Held by the broker until a time; costs no lease and no credit. */
    | { readonly as: 'park'; readonly untilMs: number }
    | { readonly as: 'dead'; readonly reason: DeadLetterReason; readonly error: string }
  );

export interface SettlementEffects {
  readonly delivery: Delivery;
  /** Written in the same step; only where the broker and the result backend share a `store`. */
  readonly results?: readonly EncodedResult[];
  /** Published in the same step, if and only if this settlement counted. */
  readonly successors?: readonly OutgoingMessage[];
  /** Chords closed in the same step, by their keys; only where `Consumer.join` is there. */
  readonly closes?: readonly ChordClosing[];
}

/** A chord whose outcome goes out with a settlement: every later part of it is `over`. */
export interface ChordClosing {
  readonly key: string;
  readonly expiresMs: number;
}

/** The acknowledgement of a header member of a chord, with its part. */
export interface JoinSettlement extends SettlementEffects {
  readonly part: EncodedPart;
}

export interface JoinAnswer {
  /** Not held any more: nothing was done for them. */
  readonly lost: readonly Delivery[];
  /** Still held: their chord has ended with their part, and what follows is theirs to send. */
  readonly yours: readonly Delivery[];
}

/** A part of a chord as the result backend would keep it, for a broker in the same store. */
export interface EncodedPart {
  readonly groupId: string;
  readonly taskId: string;
  readonly key: string;
  readonly value: string;
  readonly groupIndex: number | undefined;
  readonly succeeded: boolean;
  readonly size: number | undefined;
  readonly expiresMs: number;
}

/** A result as its backend would write it, for a broker in the same store. */
export interface EncodedResult {
  readonly taskId: string;
  readonly status: string;
  readonly key: string;
  readonly value: string;
  /** How long it is kept, from the write on; `0` for ever. */
  readonly expiresMs: number;
}

export type DeadLetterReason = 'rejected' | 'delivery_limit' | 'undecodable' | 'unknown_task' | 'expired' | 'maxlen';

export interface DeadLetter {
  /** For `redrive` and `remove`; unique within its queue. */
  readonly key: string;
  readonly queue: string;
  readonly reason: DeadLetterReason;
  readonly error: string;
  readonly diedAtMs: number;
  readonly losses: number;
  readonly message: ReceivedMessage;
}

/** Messages that were given up, kept with the reason until someone looks. */
export interface DeadLetters {
  /** Oldest first. */
  list(queue: string, page?: { readonly offset?: number; readonly limit?: number }): Promise<readonly DeadLetter[]>;
  count(queue: string): Promise<number>;
  /** Sends them to their queue again with a clean record; all of the queue when no keys are given. Returns how many. */
  redrive(queue: string, keys?: readonly string[]): Promise<number>;
  /** Deletes them; all of the queue when no keys are given. Returns how many. */
  purge(queue: string, keys?: readonly string[]): Promise<number>;
}

/** What a revocation asks of those tasks that run already: to abort their signal, or to end their process. */
export type RunningOrder = { readonly as: 'cancel' } | { readonly as: 'terminate'; readonly signal: TerminationSignal };

export type RevocationListener = (taskIds: readonly string[], running: RunningOrder | undefined) => void;

/** Revoked task ids, known to every worker of the store. */
export interface RevocationStore {
  /** @param running remembered for as long as the revocation; a later one without it does not take it back */
  revoke(taskIds: readonly string[], ttlMs: number, running?: RunningOrder): Promise<void>;
  /** Tells all revocations in force, then each new one, until `close`. Ids may be told again. */
  follow(listener: RevocationListener): Promise<{ close(): Promise<void> }>;
}

/** Whether a message may begin: in so many milliseconds, at its token, or to be asked for again after so many. */
export type Admission = { readonly as: 'run'; readonly inMs: number } | { readonly as: 'wait'; readonly forMs: number };

/** Rate limits that all workers of the store obey together. */
export interface RateLimits {
  /**
   * Takes the next tokens of a bucket for these messages, in their order. A token that is due within a second is given, and lost where it is not used;
   * who has to wait for longer keeps its place in the line by its id.
   * @param intervalMs from one token to the next
   */
  admit(bucket: string, taskIds: readonly string[], intervalMs: number): Promise<readonly Admission[]>;
}

/** A claim by which one of many schedulers sends a tick. */
export interface TickClaims {
  /** Publishes the message in the same step as the claim. `false`: another scheduler has this tick. */
  publishTick(entry: string, dueMs: number, message: OutgoingMessage): Promise<boolean>;
}
