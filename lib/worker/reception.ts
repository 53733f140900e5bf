import type { DeadLetterReason, Delivery } from '../brokers/index.js';
import { NotRegistered, TaskRevokedError, WorkerLostError } from '../errors/index.js';
import type { UnknownTaskPolicy } from '../options/index.js';
import {
  checkReceivedSize,
  readHead,
  readTaskMessage,
  type ReceivedMessage,
  type TaskHead,
} from '../protocol/index.js';
import type { KnownTasks } from './known-tasks.js';
import type { Revocation } from './revocation.js';
import type { RevokedStamps } from './revoked-stamps.js';
import type { RevokedTasks } from './revoked-tasks.js';
import type { TaskTraits } from './task-traits.js';
import type { WorkerSetup } from './worker-setup.interface.js';

/** What a worker does with a delivery it has just taken. */
export type Verdict =
  | { readonly as: 'run'; readonly head: TaskHead; readonly traits: TaskTraits }
  | { readonly as: 'park'; readonly head: TaskHead; readonly untilMs: number }
  /** Not to be run: revoked or expired. */
  | { readonly as: 'revoke'; readonly head: TaskHead; readonly traits: TaskTraits; readonly error: TaskRevokedError }
  /** Given up: the errbacks and hooks of a known task still run. */
  | { readonly as: 'give-up'; readonly head: TaskHead; readonly traits: TaskTraits; readonly error: WorkerLostError }
  | {
      readonly as: 'unknown';
      readonly head: TaskHead;
      readonly policy: UnknownTaskPolicy;
      readonly error: NotRegistered;
    }
  | {
      readonly as: 'dead';
      readonly reason: DeadLetterReason;
      readonly error: Error;
      /** Where only the body cannot be read. */
      readonly head?: TaskHead;
    };

export interface ReceptionRules {
  readonly tasks: Pick<KnownTasks, 'get' | 'nearest'>;
  readonly revoked: RevokedTasks;
  readonly stamps: RevokedStamps;
  readonly maxDeliveries: number;
  readonly unknownTask: UnknownTaskPolicy;
  /** @throws when the message is none, or has fields that cannot be used */
  readonly readHead: (message: ReceivedMessage) => TaskHead;
  /** @throws when its body cannot be decoded. Asked for what is acknowledged before it runs: afterwards it can no longer be dead-lettered. */
  readonly checkBody: (message: ReceivedMessage) => void;
}

/** The rules of one worker. */
export function receptionRules(
  { decode, maxMessageBytes, options }: WorkerSetup,
  tasks: KnownTasks,
  { tasks: revoked, stamps }: Pick<Revocation, 'tasks' | 'stamps'>,
): ReceptionRules {
  return {
    tasks,
    revoked,
    stamps,
    maxDeliveries: options.maxDeliveries,
    unknownTask: options.unknownTask,
    readHead: (message) => {
      checkReceivedSize(message, maxMessageBytes);
      return readHead(message, () => decode(message));
    },
    checkBody: (message) => void readTaskMessage(message, decode).body(),
  };
}

/** Decides by the head of the message alone, where that is possible, so that a body is decoded only where it runs. */
export function receive(delivery: Delivery, rules: ReceptionRules, nowMs: number): Verdict {
  let head: TaskHead;
  try {
    head = rules.readHead(delivery.message);
  } catch (error) {
    return undecodable(error);
  }

  const traits = rules.tasks.get(head.task);
  if (traits === undefined) {
    const error = new NotRegistered(head.task, rules.tasks.nearest(head.task));
    return { as: 'unknown', head, policy: rules.unknownTask, error };
  }
  if (rules.revoked.has(head) || rules.stamps.has(head))
    return { as: 'revoke', head, traits, error: new TaskRevokedError('revoked') };
  if (head.expiresMs !== undefined && head.expiresMs <= nowMs) {
    return { as: 'revoke', head, traits, error: new TaskRevokedError('expired') };
  }
  if (delivery.losses >= rules.maxDeliveries) {
    const error = new WorkerLostError(
      `Task "${head.task}" was lost ${delivery.losses} times with the process that ran it; it is dead-lettered instead of being run again.`,
    );
    return { as: 'give-up', head, traits, error };
  }
  if (head.etaMs !== undefined && head.etaMs > nowMs) return { as: 'park', head, untilMs: head.etaMs };
  try {
    if (!traits.acksLate) rules.checkBody(delivery.message);
  } catch (error) {
    return { ...undecodable(error), head };
  }
  return { as: 'run', head, traits };
}

function undecodable(error: unknown): Extract<Verdict, { as: 'dead' }> {
  return { as: 'dead', reason: 'undecodable', error: error instanceof Error ? error : new Error(String(error)) };
}
