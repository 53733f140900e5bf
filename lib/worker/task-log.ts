import type { Delivery } from '../brokers/index.js';
import { TaskRevokedError } from '../errors/index.js';
import type { TaskReply } from '../execution/index.js';
import type { TerminationSignal } from '../options/index.js';
import { stackOfTraceback, type TaskHead } from '../protocol/index.js';
import type { RevokedReason } from './outcome-table.js';
import type { WorkerLog } from './worker-log.js';

/** The lines a worker writes about tasks, in one place, so that they read alike. */
export class TaskLog {
  constructor(private readonly out: WorkerLog) {}

  finished(head: TaskHead, reply: TaskReply): void {
    const isQuiet = reply.outcome === 'success' || reply.outcome === 'ignored';
    if (isQuiet && this.out.debug === undefined) return; // the hot path makes no text that nobody reads
    const task = describe(head);
    const took = `in ${(reply.runtimeMs / 1_000).toFixed(3)} s`;
    switch (reply.outcome) {
      case 'success':
        return this.out.debug?.(`${task} succeeded ${took}`);
      case 'ignored':
        return this.out.debug?.(`${task} was ignored ${took}`);
      case 'retry':
        return this.out.log(`${task} is retried: ${reply.error}`);
      case 'rejected':
        return this.out.warn(`${task} was rejected${reply.requeue ? ' and requeued' : ''}: ${reply.error}`);
      case 'undecodable':
        return this.out.error(`${task} cannot be decoded and was dead-lettered: ${reply.error}`);
      case 'failure':
        if (reply.expected) return this.out.log(`${task} failed as it may ${took}: ${reply.error}`);
        return this.out.error(`${task} failed ${took}: ${reply.error}${stackOfTraceback(reply.traceback)}`);
    }
  }

  undecodable(delivery: Delivery, error: Error): void {
    this.out.error(`A message of queue "${delivery.queue}" cannot be read and was dead-lettered: ${error.message}`);
  }

  unknown(head: TaskHead, error: Error, policy: string): void {
    const fate = { 'dead-letter': 'dead-lettered', reject: 'rejected', ack: 'acknowledged unread' }[policy] ?? policy;
    this.out.error(`${describe(head)} was ${fate}: ${error.message}`);
  }

  /** @returns the error that is stored for it */
  revoked(head: TaskHead, reason: RevokedReason, signal: TerminationSignal | undefined): TaskRevokedError {
    if (signal !== undefined) this.out.warn(`${describe(head)} was terminated (${signal})`);
    else if (reason === 'cancelled') this.out.log(`${describe(head)} was cancelled while it ran`);
    else this.out.log(`${describe(head)} is not run: ${reason}`);
    return new TaskRevokedError(reason);
  }

  givenUp(head: TaskHead, error: Error): void {
    this.out.error(`${describe(head)}: ${error.message}`);
  }

  timedOut(head: TaskHead, limitMs: number): void {
    this.out.error(`${describe(head)} ran longer than its time limit of ${limitMs} ms and was ended`);
  }

  lost(head: TaskHead, reason: string, isCharged: boolean): void {
    if (isCharged) this.out.error(`${describe(head)} was lost with the process that ran it (${reason})`);
    else this.out.warn(`${describe(head)} was interrupted: ${reason}`);
  }

  /** Another worker has it now. */
  taken(head: TaskHead): void {
    this.out.warn(`${describe(head)} is another worker's now; its signal is aborted, and its outcome will not count`);
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
