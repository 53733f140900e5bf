import type { SignatureMap } from '../protocol/index.js';

/**
 * A task to be sent, in the engine's own units: epoch milliseconds, milliseconds. What is left out comes from the task's declaration,
 * then from the module's defaults; the lineage from the task that is running.
 */
export interface SendRequest {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** @defaultValue a new UUID */
  readonly id?: string | undefined;
  readonly queue?: string | undefined;
  /** With `routingKey`, where the message is not simply for a queue. @defaultValue '' */
  readonly exchange?: string | undefined;
  /** @defaultValue the queue */
  readonly routingKey?: string | undefined;
  /** What its durations were counted from. @defaultValue now */
  readonly sentMs?: number | undefined;
  readonly etaMs?: number | undefined;
  readonly expiresMs?: number | undefined;
  readonly timeLimitMs?: number | undefined;
  readonly softTimeLimitMs?: number | undefined;
  /** 0 to 9, higher is more urgent. */
  readonly priority?: number | undefined;
  /** As on the wire, for what came from there; wins over `priority`. */
  readonly wirePriority?: number | undefined;
  readonly ignoreResult?: boolean | undefined;
  readonly shadow?: string | undefined;
  readonly argsRepr?: string | undefined;
  readonly kwargsRepr?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** It was sent before, and says all that it is to say: neither the present context nor the task's declaration adds headers or an expiry. */
  readonly isResent?: boolean | undefined;
  readonly retries?: number | undefined;
  readonly lineage?: Lineage | undefined;
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  readonly replyTo?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly replacedTaskNesting?: number | undefined;
  readonly stampedHeaders?: readonly string[] | undefined;
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  readonly callbacks?: readonly SignatureMap[] | undefined;
  readonly errbacks?: readonly SignatureMap[] | undefined;
  /** Reversed as on the wire: the next step is the last element. */
  readonly chain?: readonly SignatureMap[] | undefined;
  readonly chord?: SignatureMap | undefined;
}

/** Where a task comes from. */
export interface Lineage {
  /** @defaultValue its own id */
  readonly rootId: string | undefined;
  readonly parentId: string | undefined;
}
