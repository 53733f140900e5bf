export type {
  Destination,
  OutgoingMessage,
  ReceivedMessage,
  ReceivedProperties,
  SignatureMap,
  TaskBody,
  TaskHead,
} from './message.js';
export type { ExtendedResult, ResultRecord, ResultTuple, TaskMeta, TaskState, WireError } from './result.js';
export {
  formatDeadLetter,
  readDeath,
  withDeath,
  withoutDeath,
  wrapUndecodable,
  type Death,
} from './dead-letter-envelope.js';
export { editEnvelope, formatEnvelope, OutgoingEnvelope, withRedelivered, type EnvelopeEdits } from './envelope.js';
export { EnvelopeMessage } from './envelope-message.js';
export { formatChordPart, parseChordPart, type ChordPartText } from './chord-part.js';
export {
  EVENT_EXCHANGE,
  eventRoutingKey,
  isClusterEvent,
  type ClusterEvent,
  type ClusterEventHead,
  type ClusterEventOf,
  type ClusterEventTypes,
  type CustomClusterEvent,
  type WorkerBeatEvent,
} from './event.js';
export { EventBatch } from './event-batch.js';
export { readEvent, readEvents } from './event-reader.js';
export {
  askedBeatMembers,
  customMembers,
  electAckMembers,
  electMembers,
  EventWriter,
  taskErrorMembers,
  taskRejectedMembers,
  taskRevokedMembers,
  taskSentMembers,
  workerBeatMembers,
  type EventMembers,
  type TaskCall,
  type TaskRoute,
  type WorkerBeat,
} from './event-writer.js';
export type { ActiveQueueInfo, ScheduledTaskInfo, TaskRequestInfo, WorkerStatsInfo } from './control-replies.js';
export {
  CONTROL_NAMESPACE,
  formatControlReply,
  formatControlRequest,
  mailboxExchange,
  parseControlReply,
  parseControlRequest,
  replyExchange,
  type ControlRequest,
  type ReplyAddress,
} from './control.js';
export { FanoutEnvelopeBytes, formatFanoutEnvelope, type FanoutContent } from './fanout-envelope.js';
export { chordKeys, formatGroupMeta, groupMetaKey, parseGroupMeta } from './group-meta.js';
export { checkReceivedSize, longestEnvelope } from './message-size.js';
export { derivedId, newId } from './new-id.js';
export { argsRepr, kwargsRepr, pythonRepr } from './python-repr.js';
export { readHead, readTaskMessage, type DecodeContent, type TaskMessage } from './read-task-message.js';
export { errorRegistry, fromWireError, type ErrorConstructorOf, type ErrorRegistry } from './remote-error.js';
export { groupResultTuple, parseResultTuple, parseResultTuples, taskResultTuple } from './result-tuple.js';
export { parseSignature, parseSignatures } from './signature-map.js';
export { formatBody, formatBodyJson, formatEmbed, isFollowed, parseBody } from './task-body.js';
export { TaskHeadersTemplate } from './task-headers.template.js';
export { formatTaskMessage, type EncodedBody, type NewTaskMessage } from './task-message.formatter.js';
export { formatTaskMeta, parseTaskMeta, taskMetaKey } from './task-meta.js';
export { describeThrown, exceptionMap, exceptionRepr, toWireError, wireName, type WireFailure } from './wire-error.js';
export { SOFTWARE } from './software.js';
export { stackOfTraceback } from './traceback.js';
export { markedWorkflow, workflowMark } from './workflow-mark.js';
