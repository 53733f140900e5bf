import type { ReceivedMessage } from '../protocol/index.js';

export interface QueueInspection {
  /** Waiting messages: neither held, parked nor dead. */
  size(queue: string): Promise<number>;
  /** Deletes waiting and parked messages; returns how many. What is held stays. */
  purge(queue: string): Promise<number>;
  stats(queue: string): Promise<QueueStats>;
  /** Messages that wait for their time, the earliest due first. For people: it may look through those of all queues. */
  parked(queue: string, limit: number): Promise<readonly ParkedMessage[]>;
  /** Hands out nothing of it, to any worker of this library, until `resume`; what is held goes on, and what is sent waits. */
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /** Names of the paused queues, sorted. */
  paused(): Promise<readonly string[]>;
}

/** A message that is handed out when its time has come. */
export interface ParkedMessage {
  readonly dueMs: number;
  readonly message: ReceivedMessage;
}

export interface QueueStats {
  readonly waiting: number;
  readonly held: number;
  readonly parked: number;
  readonly dead: number;
  /**
   * For how long the longest waiting of those that are next to be taken has waited: since it was sent, or since its eta. To the second;
   * `undefined` where none waits, or none says when it was sent, as Celery's own do not.
   */
  readonly oldestAgeMs: number | undefined;
}
