import type { ResultBackend } from '../backends/index.js';
import type { Broker, LeaseKeeperData } from '../brokers/index.js';
import type { ReceptionSignals, WorkerEvents } from '../events/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import type { ResolvedWorkerOptions } from '../options/index.js';
import type { Pool } from '../pools/index.js';
import type { DecodeContent } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import type { AutoscalerType } from './autoscale/autoscaler.interface.js';
import type { LanePool } from './flow/lane.js';
import type { TaskWatch } from './task-runner.js';
import type { TaskTraits } from './task-traits.js';
import type { WorkerLog } from './worker-log.js';

/** What a worker is made of. */
export interface WorkerSetup {
  /** Connected. */
  readonly broker: Broker;
  /** Connected; `undefined` where no results are kept. */
  readonly backend: ResultBackend | undefined;
  /** Started. */
  readonly pool: Pool<TaskJob, TaskReply>;
  /** Processes that bodies run in, now: each can have one message in it that may be what ended the last one. */
  readonly processes: () => number;
  /** The pools that `pool` is made of, each with room of its own; the first is for tasks that ask for none of them. @defaultValue one pool */
  readonly pools?: readonly LanePool[] | undefined;
  /** Where the options ask for autoscaling. @defaultValue by the backlog */
  readonly autoscaler?: AutoscalerType | undefined;
  readonly tasks: readonly TaskTraits[];
  /** Decodes a body with what the application accepts. Needed for few: those of protocol 1, and those that are acknowledged early. */
  readonly decode: DecodeContent;
  /** What a message may take; a larger one is dead-lettered unread. */
  readonly maxMessageBytes: number;
  readonly options: ResolvedWorkerOptions;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signals: ReceptionSignals;
  /** For monitors. @defaultValue nobody is told */
  readonly events?: WorkerEvents | undefined;
  /** Makes what looks after bodies that run on this process's event loop, where the broker lets another thread reach what is held. */
  readonly watchWith?: ((lease: LeaseKeeperData) => TaskWatch) | undefined;
}
