import type { ClusterEvent, ClusterEventOf } from '../protocol/index.js';

/** When an event came, by this process's own clock. */
export interface EventReception {
  /** @unit milliseconds since the epoch */
  readonly receivedMs: number;
}

/** An event of the cluster, and when it came. */
export type ReceivedEvent = ClusterEvent & EventReception;

/** One of a type, and when it came. */
export type ReceivedEventOf<Type extends string> = ClusterEventOf<Type> & EventReception;
