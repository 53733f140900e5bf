import type { ChordWatch } from '../beat/index.js';
import type { NodeMailbox } from '../control/index.js';
import type { Gossip, WorkerEvents } from '../events/index.js';
import type { TaskJob, TaskReply } from '../execution/index.js';
import { createChordWatch, type WorkerReport } from '../nest/index.js';
import type { PoolAlias, PoolName, ResolvedWorkerOptions } from '../options/index.js';
import type { Pool } from '../pools/index.js';
import { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import type { Worker, WorkerLog } from '../worker/index.js';
import type { WorkerApplication } from './application.js';
import type { WorkerConnections } from './connections.js';
import { mingle } from './mingle.js';
import { openGossip } from './open-gossip.js';
import { openMailbox } from './open-mailbox.js';
import { ownCommands, runInChild, type RunOwnCommand } from './own-commands.js';
import type { ResolvedRunOptions } from './run-options.js';
import { WorkerNode } from './worker-node.js';

export interface WorkerNeighboursParts {
  readonly worker: Worker;
  readonly events: WorkerEvents | undefined;
  readonly run: Pick<ResolvedRunOptions, 'pool' | 'pools'>;
  readonly options: ResolvedWorkerOptions;
  readonly report: WorkerReport;
  readonly connections: WorkerConnections;
  readonly pool: Pool<TaskJob, TaskReply>;
  /** Present where bodies run in this process. */
  readonly application: WorkerApplication | undefined;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly resize: (how: 'grow' | 'shrink', count: number, pool: PoolName | PoolAlias | undefined) => void;
  readonly shutdown: () => void;
}

/** What a worker has to do with others: those it meets when it starts, those that command it, and those it holds elections with. */
export class WorkerNeighbours {
  private readonly serialization: Serialization;
  private readonly gossip: Gossip | undefined;
  private readonly chordWatch: ChordWatch | undefined;
  private mailbox: NodeMailbox | undefined;

  constructor(private readonly parts: WorkerNeighboursParts) {
    const { report, options, connections } = parts;
    this.serialization = new Serialization(report.options.serialization);
    const { broker, backend } = connections;
    const common = { ...parts, broker, serialization: this.serialization, name: options.name };
    this.chordWatch = createChordWatch(common, backend);
    if (!options.withoutGossip) this.gossip = openGossip({ ...common, chords: backend?.chords });
  }

  /** Before it consumes: learns what the workers know that are there already. */
  async meet(): Promise<void> {
    const { worker, options, report, connections, logicalClock, clock, log } = this.parts;
    const { broker: location, control } = report.options;
    if (options.withoutMingle || !control.enabled) return;
    await mingle({
      broker: connections.broker,
      brokerUrl: location.url,
      namespace: control.exchange,
      hostname: options.name,
      serialization: this.serialization,
      learnRevoked: (taskIds) => worker.insight.learnRevoked(taskIds),
      logicalClock,
      clock,
      log,
    });
  }

  /** Obeys commands from now on, and has its part in elections. */
  async join(): Promise<void> {
    const { parts, serialization, gossip } = this;
    const { broker, backend } = parts.connections;
    const node = new WorkerNode({ ...parts, broker, backend, serialization, gossip, pools: parts.run });
    const { control } = parts.report.options;
    const own = ownCommands(parts.report.commands, this.ownCommandRunner(), parts.clock);
    this.mailbox = await openMailbox({ ...parts, broker, serialization, node, own, control });
    gossip?.start();
    this.chordWatch?.start();
  }

  /** The application's own commands run where the application is. */
  private ownCommandRunner(): RunOwnCommand {
    const { application, pool } = this.parts;
    if (application === undefined) return runInChild(pool, this.serialization);
    return (name, args) => application.host.commands.run(name, args);
  }

  async leave(): Promise<void> {
    await this.chordWatch?.stop();
    await this.mailbox?.close();
    await this.gossip?.close();
  }
}
