export { AsyncResult, type TaskUpdate } from './async-result.js';
export { captureHeaders, runPropagated, type ContextPropagator } from './context-propagator.js';
export type { GetOptions } from './get-options.js';
export type { GroupMember } from './group-members.js';
export type { GroupProgress } from './group-progress.js';
export { GraphResult, type NodeEnd, type NodeOutcomes, type NodeResults } from './graph/graph-result.js';
export { GRAPH_FAILED, GRAPH_NEXT, GRAPH_PART, parseGraphRest, type GraphRest } from './graph/graph-steps.js';
export { GroupResult, type GroupResultJson, type MemberOutcomes, type MemberResults } from './group-result.js';
export type { MemberEnd } from './member-ends.js';
export { MessageFactory, type MessageFactorySetup, type PlannedMessages } from './message-factory.js';
export { fromWirePriority, toWirePriority } from './priority.js';
export { ResultNode, type ResultOrigin, type ResultSource } from './result-node.js';
export type { IgnoredTasks, ResultReader } from './result-reader.js';
export { resultOf } from './result-of.js';
export { failedTaskId } from './result-states.js';
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
export { TaskClient, type CompleteSignature } from './task-client.js';
export type { TaskClientSetup } from './task-client.setup.js';
export type { TaskHandle, TasksOf } from './task-handle.js';
export { WorkflowGraph, type WorkflowNode } from './workflow-graph.js';
export type { WorkflowProgress } from './workflow-progress.js';
export type { WorkflowEdge, WorkflowLink } from './workflow-tree.js';
export { composeSteps, composeWorkflow } from './workflow/compose-workflow.js';
export type { ChordSize, WorkflowCall } from './workflow/expand-workflow.js';
export { joined, withId } from './workflow/join-steps.js';
export { resultIdOf } from './workflow/render-workflow.js';
export { linked, withOptions } from './workflow/workflow-options.js';
export { firstTasks, tasksOf } from './workflow/workflow-tasks.js';
