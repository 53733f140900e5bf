import type { TaskPublishEvent } from '../client/index.js';
import type { TerminationSignal } from '../options/index.js';
import type { TaskHead } from '../protocol/index.js';
import type { ListenerErrorHandler } from './guarded-observable.js';
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
import { Signal } from './signal.js';

/** How a worker tells of messages; each call costs nothing where nobody listens. */
export interface ReceptionSignals {
  taskReceived(head: TaskHead): void;
  /** @param signal by which it was ended, where it ran */
  taskRevoked(head: TaskHead, reason: string, signal?: TerminationSignal): void;
  taskUnknown(head: TaskHead): void;
  taskRejected(description: string): void;
}

/** The signals of one application in one process: the side that the engine emits into. `TaskEvents` is the side to listen to. */
export class TaskSignals {
  readonly beforeTaskPublish: Signal<TaskPublishEvent>;
  readonly afterTaskPublish: Signal<TaskPublishEvent>;
  readonly taskPrerun: Signal<TaskRunEvent>;
  readonly taskPostrun: Signal<TaskPostrunEvent>;
  readonly taskSuccess: Signal<TaskSuccessEvent>;
  readonly taskRetry: Signal<TaskRetryEvent>;
  readonly taskFailure: Signal<TaskFailureEvent>;
  readonly taskInternalError: Signal<TaskInternalErrorEvent>;
  readonly taskReceived: Signal<TaskMessageEvent>;
  readonly taskRevoked: Signal<TaskRevokedEvent>;
  readonly taskUnknown: Signal<TaskMessageEvent>;
  readonly taskRejected: Signal<TaskRejectedEvent>;
  readonly workerReady: Signal<WorkerEvent>;
  readonly workerShuttingDown: Signal<WorkerEvent>;
  readonly workerShutdown: Signal<WorkerEvent>;
  readonly workerProcessInit: Signal<WorkerEvent>;
  readonly workerProcessShutdown: Signal<WorkerEvent>;
  readonly beatInit: Signal<WorkerEvent>;
  private readonly all: Signal<never>[] = [];

  /** @param onListenerError told of what listeners throw */
  constructor(onListenerError: ListenerErrorHandler) {
    const signal = <T>(): Signal<T> => {
      const made = new Signal<T>(onListenerError);
      this.all.push(made as unknown as Signal<never>);
      return made;
    };
    this.beforeTaskPublish = signal();
    this.afterTaskPublish = signal();
    this.taskPrerun = signal();
    this.taskPostrun = signal();
    this.taskSuccess = signal();
    this.taskRetry = signal();
    this.taskFailure = signal();
    this.taskInternalError = signal();
    this.taskReceived = signal();
    this.taskRevoked = signal();
    this.taskUnknown = signal();
    this.taskRejected = signal();
    this.workerReady = signal();
    this.workerShuttingDown = signal();
    this.workerShutdown = signal();
    this.workerProcessInit = signal();
    this.workerProcessShutdown = signal();
    this.beatInit = signal();
  }

  /** What a worker in this process calls. */
  forWorker(): ReceptionSignals {
    return {
      taskReceived: (head) => emitFor(this.taskReceived, head, () => ({})),
      taskRevoked: (head, reason, signal) => emitFor(this.taskRevoked, head, () => ({ reason, signal })),
      taskUnknown: (head) => emitFor(this.taskUnknown, head, () => ({})),
      taskRejected: (description) => {
        if (this.taskRejected.isObserved) this.taskRejected.emit({ description });
      },
    };
  }

  /** Completes all of them, when the application ends. */
  complete(): void {
    for (const signal of this.all) signal.complete();
  }
}

function emitFor<T extends TaskMessageEvent>(
  signal: Signal<T>,
  head: TaskHead,
  rest: () => Omit<T, keyof TaskMessageEvent>,
): void {
  if (signal.isObserved) signal.emit({ task: head.task, id: head.id, head, ...rest() } as T);
}
