export { TaskQueueError } from './task-queue.error.js';
export { ControlCommandError } from './control-command.error.js';
export { InvalidControlMessageError } from './control.error.js';
export { InvalidEventError } from './invalid-event.error.js';
export { InvalidOptionError, describeValue } from './invalid-option.error.js';
export { UnknownOptionError } from './unknown-option.error.js';
export {
  ApplicationFileError,
  ApplicationLoadError,
  CommandUsageError,
  WorkerRunningError,
} from './command-line.error.js';
export { nearestName } from './nearest-name.js';
export { InvalidCrontabError } from './invalid-crontab.error.js';
export { InvalidDateError } from './invalid-date.error.js';
export { VirtualTimeStuckError } from './virtual-time-stuck.error.js';
export { firstText, OWN_MODULE, type WireClass } from './wire-class.js';
export { ContentDisallowed, DecodeError, EncodeError } from './content.error.js';
export { MessageTooLargeError } from './message-too-large.error.js';
export { InvalidTaskMessage } from './invalid-task-message.error.js';
export { RemoteTaskError } from './remote-task.error.js';
export { TestingNotIdleError, TestingUsageError } from './testing.error.js';
export {
  ChordError,
  ChordsNotSupportedError,
  ImproperlyConfigured,
  InvalidTaskError,
  MaxRetriesExceededError,
  NotRegistered,
  TaskForbidden,
  TaskRevokedError,
} from './task-state.error.js';
export { SoftTimeLimitExceeded, TimeLimitExceeded, WorkerLostError } from './time-limit.error.js';
export { UndecodableMessage, type UndecodableReason } from './undecodable-message.error.js';
export {
  BrokerUnavailableError,
  ConsumerStalledError,
  LeaseLostError,
  ResultBackendUnavailableError,
  UnsupportedUrlError,
} from './broker-unavailable.error.js';
export {
  ChildBootError,
  ChildMemoryError,
  ChildReportError,
  EntryNotFoundError,
  JobAbandonedError,
  JobTextError,
  MissingPoolError,
  NotAChildError,
  PoolResizeError,
} from './pool.error.js';
export { TaskDeclarationError } from './task-declaration.error.js';
export { TaskArgumentsError } from './task-arguments.error.js';
export { PayloadValidationError, type PayloadIssue } from './payload-validation.error.js';
export { InvalidSignatureError } from './invalid-signature.error.js';
export { InvalidContextError } from './invalid-context.error.js';
export { UnusableEnhancerError } from './unusable-enhancer.error.js';
export { Ignore, Reject, Replace, type Replacement, Retry, type RetryChanges } from './control-flow.error.js';
export { ClientClosedError, SendManyError, TaskNotDeclaredError, type SendFailure } from './sending.error.js';
export {
  ResultNotStoredError,
  ResultTimeoutError,
  UnsupportedByBackendError,
  UnsupportedByBrokerError,
  WaitInsideTaskError,
} from './result-wait.error.js';
export {
  DuplicateScheduleError,
  DuplicateTaskError,
  ModuleSetupError,
  TasksNotReadyError,
} from './module-setup.error.js';
export {
  NetworkFileSystemError,
  SqliteMissingError,
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreIoError,
  StoreLocationError,
  StoreReadOnlyError,
  StoreVersionError,
} from './embedded-store.error.js';
export {
  ConnectionLostError,
  RedisCommandError,
  RedisRefusedError,
  RedisUnsuitableError,
  UnroutableMessageError,
} from './redis.error.js';
