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
export { ClusterEvents, type ClusterEventsSetup, type FollowedCluster } from './cluster-events.js';
export { ClusterState, type ClusterStateOptions, type ClusterTaskFilter, type ClusterWorker } from './cluster-state.js';
export type { ClusterTask } from './cluster-task.js';
export { CustomEvents, type CustomEventsSetup } from './custom-events.js';
export { SentEvents } from './sent-events.js';
export { EventDispatcher, type EventDispatcherSetup, type EventLog } from './event-dispatcher.js';
export { Gossip, type GossipSetup } from './gossip.js';
export { EventReceiver, type EventReceiverSetup } from './event-receiver.js';
export type { EventReception, ReceivedEvent, ReceivedEventOf } from './received-event.js';
export { TaskEvents } from './task-events.js';
export { TaskSignals, type ReceptionSignals } from './task-signals.js';
export { WorkerEvents, type WorkerEventsSetup, type WorkerStatus } from './worker-events.js';
