export { AsyncResult, type GetOptions, type ResultOrigin, type ResultSource, type TaskUpdate } from './async-result.js';
export { captureHeaders, runPropagated, type ContextPropagator } from './context-propagator.js';
export { MessageFactory, type MessageFactorySetup } from './message-factory.js';
export { fromWirePriority, toWirePriority } from './priority.js';
export type { SendManyOptions, SendManyResult } from './send-many.js';
export type { ApplyAsyncOptions, SendOptions } from './send-options.js';
export type { Lineage, SendRequest } from './send-request.js';
export type { SignatureCall } from './signature-request.js';
export {
  silentPublishSignals,
  silentSink,
  type PublishSignals,
  type SignalSink,
  type TaskPublishEvent,
} from './signal-sink.js';
export type { RevokeOptions } from './revoke-options.js';
export { TaskClient, type CompleteSignature, type TaskClientSetup } from './task-client.js';
export type { TaskHandle, TasksOf } from './task-handle.js';
