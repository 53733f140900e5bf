import type { Observable } from 'rxjs';
import type { TaskPublishEvent } from '../client/index.js';
import type {
  TaskFailureEvent,
  TaskInternalErrorEvent,
  TaskMessageEvent,
  TaskPostrunEvent,
  TaskRejectedEvent,
  TaskRetryEvent,
  TaskRevokedEvent,
  TaskRunEvent,
  TaskSuccessEvent,
  WorkerEvent,
} from './signal-events.js';
import type { ClusterEvents } from './cluster-events.js';
import type { TaskSignals } from './task-signals.js';

/**
 * What happens in this process, as typed Observables under the names of Celery's signals, and in `cluster` what is told of all others. Inject it and
 * subscribe. A listener that throws is logged and disturbs nobody; the engine does not wait for what a listener starts.
 * @source celery/signals.py
 */
export class TaskEvents {
  /** A message is about to be handed to the broker. */
  readonly beforeTaskPublish$: Observable<TaskPublishEvent>;
  /** The broker has confirmed a message. */
  readonly afterTaskPublish$: Observable<TaskPublishEvent>;
  /** A worker in this process has received a message that it will run. */
  readonly taskReceived$: Observable<TaskMessageEvent>;
  /** A task's body is about to run. */
  readonly taskPrerun$: Observable<TaskRunEvent>;
  /** A task has run, whatever came of it. */
  readonly taskPostrun$: Observable<TaskPostrunEvent>;
  readonly taskSuccess$: Observable<TaskSuccessEvent>;
  readonly taskRetry$: Observable<TaskRetryEvent>;
  readonly taskFailure$: Observable<TaskFailureEvent>;
  /** The engine failed while it ran a task. */
  readonly taskInternalError$: Observable<TaskInternalErrorEvent>;
  /** A message is not run since it was revoked or had expired. */
  readonly taskRevoked$: Observable<TaskRevokedEvent>;
  /** A message could not be understood. */
  readonly taskRejected$: Observable<TaskRejectedEvent>;
  /** A message named a task that is not declared here. */
  readonly taskUnknown$: Observable<TaskMessageEvent>;
  /** The worker in this process consumes. */
  readonly workerReady$: Observable<WorkerEvent>;
  /** It was asked to stop. */
  readonly workerShuttingDown$: Observable<WorkerEvent>;
  /** It has stopped. */
  readonly workerShutdown$: Observable<WorkerEvent>;
  /** A process or thread of a pool is ready to run tasks; told in that process. */
  readonly workerProcessInit$: Observable<WorkerEvent>;
  /** It is about to end; not told where it is killed. */
  readonly workerProcessShutdown$: Observable<WorkerEvent>;
  /** The scheduler in this process begins. */
  readonly beatInit$: Observable<WorkerEvent>;

  constructor(
    signals: TaskSignals,
    /** What workers and clients of the broker tell, of other processes and machines too. */
    readonly cluster: ClusterEvents,
  ) {
    this.beforeTaskPublish$ = signals.beforeTaskPublish.observable;
    this.afterTaskPublish$ = signals.afterTaskPublish.observable;
    this.taskReceived$ = signals.taskReceived.observable;
    this.taskPrerun$ = signals.taskPrerun.observable;
    this.taskPostrun$ = signals.taskPostrun.observable;
    this.taskSuccess$ = signals.taskSuccess.observable;
    this.taskRetry$ = signals.taskRetry.observable;
    this.taskFailure$ = signals.taskFailure.observable;
    this.taskInternalError$ = signals.taskInternalError.observable;
    this.taskRevoked$ = signals.taskRevoked.observable;
    this.taskRejected$ = signals.taskRejected.observable;
    this.taskUnknown$ = signals.taskUnknown.observable;
    this.workerReady$ = signals.workerReady.observable;
    this.workerShuttingDown$ = signals.workerShuttingDown.observable;
    this.workerShutdown$ = signals.workerShutdown.observable;
    this.workerProcessInit$ = signals.workerProcessInit.observable;
    this.workerProcessShutdown$ = signals.workerProcessShutdown.observable;
    this.beatInit$ = signals.beatInit.observable;
  }
}
