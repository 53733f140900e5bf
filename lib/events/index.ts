export type {
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
export type { ListenerErrorHandler } from './guarded-observable.js';
export { EventDispatcher, type EventDispatcherSetup, type EventLog } from './event-dispatcher.js';
export { TaskEvents } from './task-events.js';
export { TaskSignals, type ReceptionSignals } from './task-signals.js';
export { WorkerEvents, type WorkerEventsSetup, type WorkerStatus } from './worker-events.js';
