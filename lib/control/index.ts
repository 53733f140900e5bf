export { nok, ok, type CommandArguments, type ObeyedCommand } from './command.interface.js';
export type { CommandRegistry } from './command-registry.js';
export type {
  BrokerFacts,
  ControlledNode,
  EventControls,
  PoolFacts,
  PoolPartFacts,
  ScaleBounds,
  Setting,
  TaskFacts,
  TaskInHand,
  TaskToCome,
} from './controlled-node.interface.js';
export type { ControlCallOptions, ResizeCallOptions } from './control-call.js';
export type { ControlReplies } from './control-replies.js';
export {
  ControlCommand,
  readControlCommands,
  type ControlCommandOptions,
  type OwnCommand,
} from './control-command.decorator.js';
export { CELERY_COMMANDS, createCommands } from './create-commands.js';
export type { Inspection } from './inspection.js';
export { NodeMailbox, type NodeMailboxSetup } from './node-mailbox.js';
export type { ControlLog } from './quiet-log.js';
export { TaskControl, type TaskControlSetup } from './task-control.js';
