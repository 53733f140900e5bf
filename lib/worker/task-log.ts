import type { Delivery } from '../brokers/index.js';
import { TaskRevokedError } from '../errors/index.js';
import type { TaskReply } from '../execution/index.js';
import type { TerminationSignal } from '../options/index.js';
import { stackOfTraceback, type TaskHead } from '../protocol/index.js';
import type { RevokedReason } from './outcome-table.js';
import type { TaskLogFields, WorkerLog } from './worker-log.js';

/** The lines a worker writes about tasks, in one place, so that they read alike. */
export class TaskLog {
  constructor(private readonly out: WorkerLog) {}

  finished(head: TaskHead, reply: TaskReply): void {
    const isQuiet = reply.outcome === 'success' || reply.outcome === 'ignored';
    if (isQuiet && this.out.task === undefined) return; // the hot path makes no text that nobody reads
    const task = describe(head);
    const took = `in ${(reply.runtimeMs / 1_000).toFixed(3)} s`;
    const fields = { ...fieldsOf(head), durationMs: Math.round(reply.runtimeMs * 1_000) / 1_000 };
    switch (reply.outcome) {
      case 'success':
        return this.out.task?.(`${task} succeeded ${took}`, { ...fields, state: 'SUCCESS' });
      case 'ignored':
        return this.out.task?.(`${task} was ignored ${took}`, { ...fields, state: 'IGNORED' });
      case 'retry':
        return this.out.log(`${task} is retried: ${reply.error}`, { ...fields, state: 'RETRY' });
      case 'rejected': {
        const text = `${task} was rejected${reply.requeue ? ' and requeued' : ''}: ${reply.error}`;
        return this.out.warn(text, { ...fields, state: 'REJECTED' });
      }
      case 'undecodable':
        return this.out.error(`${task} cannot be decoded and was dead-lettered: ${reply.error}`, fieldsOf(head));
      case 'failure': {
        const failed = { ...fields, state: 'FAILURE' };
        if (reply.expected) return this.out.log(`${task} failed as it may ${took}: ${reply.error}`, failed);
        const text = `${task} failed ${took}: ${reply.error}${stackOfTraceback(reply.traceback)}`;
        return this.out.error(text, failed);
      }
    }
  }

  undecodable(delivery: Delivery, error: Error): void {
    this.out.error(`A message of queue "${delivery.queue}" cannot be read and was dead-lettered: ${error.message}`);
  }

  unknown(head: TaskHead, error: Error, policy: string): void {
    const fate = { 'dead-letter': 'dead-lettered', reject: 'rejected', ack: 'acknowledged unread' }[policy] ?? policy;
    this.out.error(`${describe(head)} was ${fate}: ${error.message}`, fieldsOf(head));
  }

  /** @returns the error that is stored for it */
  revoked(head: TaskHead, reason: RevokedReason, signal: TerminationSignal | undefined): TaskRevokedError {
    const fields = { ...fieldsOf(head), state: 'REVOKED' };
    if (signal !== undefined) this.out.warn(`${describe(head)} was terminated (${signal})`, fields);
    else if (reason === 'cancelled') this.out.log(`${describe(head)} was cancelled while it ran`, fields);
    else this.out.log(`${describe(head)} is not run: ${reason}`, fields);
    return new TaskRevokedError(reason);
  }

  givenUp(head: TaskHead, error: Error): void {
    this.out.error(`${describe(head)}: ${error.message}`, fieldsOf(head));
  }

  timedOut(head: TaskHead, limitMs: number): void {
    const text = `${describe(head)} ran longer than its time limit of ${limitMs} ms and was ended`;
    this.out.error(text, { ...fieldsOf(head), state: 'FAILURE' });
  }

  lost(head: TaskHead, reason: string, isCharged: boolean): void {
    const fields = fieldsOf(head);
    if (isCharged) this.out.error(`${describe(head)} was lost with the process that ran it (${reason})`, fields);
    else this.out.warn(`${describe(head)} was interrupted: ${reason}`, fields);
  }

  /** Another worker has it now. */
  taken(head: TaskHead): void {
    const text = `${describe(head)} is another worker's now; its signal is aborted, and its outcome will not count`;
    this.out.warn(text, fieldsOf(head));
  }

  unhandled(error: unknown): void {
    this.out.error(`A delivery could not be handled: ${error instanceof Error ? error.stack : String(error)}`);
  }

  settledElsewhere(delivery: Delivery): void {
    this.out.warn(
      `A message of queue "${delivery.queue}" was no longer ours when its task ended (tag ${delivery.tag}); its outcome was dropped`,
    );
  }
}

function describe(head: TaskHead): string {
  return `Task ${head.task}[${head.id}]`;
}

function fieldsOf({ task, id, retries }: TaskHead): TaskLogFields {
  return { task, taskId: id, attempt: retries + 1 };
}
