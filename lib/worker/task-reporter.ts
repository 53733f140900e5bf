import type { WorkerEvents } from '../events/index.js';
import type { TaskReply } from '../execution/index.js';
import { signalNumber, type TerminationSignal } from '../options/index.js';
import { exceptionRepr, toWireError, type TaskHead, type WireError } from '../protocol/index.js';
import type { RevokedReason } from './outcome-table.js';
import type { TaskTraits } from './task-traits.js';

/** Tells monitors what becomes of tasks. Asked nothing but `tells` while events are off. */
export class TaskReporter {
  constructor(private readonly events: WorkerEvents | undefined) {}

  /** Whether events of this task are sent now. What is told of one task is decided when it is received, so that monitors see all of it or nothing. */
  tells({ sendsEvents }: TaskTraits): boolean {
    return this.events !== undefined && this.events.isEnabled && sendsEvents;
  }

  received(head: TaskHead): void {
    this.events?.taskReceived(head);
  }

  started({ id }: TaskHead): void {
    this.events?.taskStarted(id);
  }

  /** Nothing is told of a task that was ignored, as in Celery. @source celery/worker/request.py `on_success`, `on_failure`, `on_retry` */
  ended({ id }: TaskHead, { outcome, shown, runtimeMs, requeue }: TaskReply): void {
    const { events } = this;
    if (events === undefined) return;
    const { result = '', exception = '', traceback } = shown ?? {};
    switch (outcome) {
      case 'success':
        return events.taskSucceeded(id, result, runtimeMs);
      case 'failure':
        return events.taskFailed(id, exception, traceback);
      case 'retry':
        return events.taskRetried(id, exception, traceback);
      case 'rejected':
        if (!requeue) events.taskFailed(id, exception, traceback);
        return events.taskRejected(id, requeue);
      case 'undecodable':
        return events.taskRejected(id, false);
      case 'ignored':
        return;
    }
  }

  /** The worker found that it has failed. */
  failed({ id }: TaskHead, error: WireError, traceback: string | undefined): void {
    this.events?.taskFailed(id, exceptionRepr(error), traceback);
  }

  /** It goes back to its queue, though it had begun. */
  requeued({ id }: TaskHead): void {
    this.events?.taskRejected(id, true);
  }

  /** One whose task is not declared here is told as failed, without a traceback and without having been received. */
  unknown(head: TaskHead, error: Error): void {
    if (this.events?.isEnabled === true) this.failed(head, toWireError(error), undefined);
  }

  revoked({ id }: TaskHead, traits: TaskTraits, reason: RevokedReason, signal: TerminationSignal | undefined): void {
    if (!this.tells(traits)) return;
    const terminated = reason === 'terminated' || reason === 'cancelled';
    this.events?.taskRevoked(id, { terminated, signal: signal && signalNumber(signal), expired: reason === 'expired' });
  }
}
