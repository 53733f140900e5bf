import type { TaskInHand } from '../control/index.js';
import { readTaskMessage, type DecodeContent, type ReceivedMessage } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import type { PoolFlow } from './flow/pool-flow.js';
import type { InFlight } from './in-flight.js';
import type { RevokedTasks } from './revoked-tasks.js';
import type { StartCounts } from './start-counts.js';

/** One of several pools of a worker. */
export interface PoolUse {
  readonly name: string;
  /** Tasks that run in it or are about to. */
  readonly active: number;
  /** Tasks that it can run at once. */
  readonly slots: number;
}

export interface WorkerInsightParts extends Pick<PoolFlow, 'inFlight' | 'lanes'> {
  readonly starts: StartCounts;
  readonly revoked: RevokedTasks;
  readonly decode: DecodeContent;
  readonly clock: Clock;
}

/** What a worker has in hand, and what it did: for those who look. */
export class WorkerInsight {
  constructor(private readonly parts: WorkerInsightParts) {}

  /** Bodies that run. */
  get activeCount(): number {
    let count = 0;
    for (const entry of this.parts.inFlight) if (isActive(entry)) count += 1;
    return count;
  }

  /** Where there are several; else none. */
  pools(): readonly PoolUse[] {
    return this.parts.lanes.map(({ name, inHand, slots }) => ({ name, active: inHand, slots }));
  }

  /** Bodies that have begun since the start. */
  get startedCount(): number {
    return this.parts.starts.total;
  }

  /** The same of each task. */
  counts(): ReadonlyMap<string, number> {
    return this.parts.starts.all();
  }

  /** Oldest first; none whose body has ended. */
  inHand(): readonly TaskInHand[] {
    return [...this.parts.inFlight].filter(({ hasEnded }) => !hasEnded).map((entry) => this.show(entry));
  }

  /** The arguments of a message. @throws where its body cannot be read */
  callOf(message: ReceivedMessage): ReturnType<TaskInHand['call']> {
    const { args, kwargs } = readTaskMessage(message, this.parts.decode).body();
    return { args, kwargs };
  }

  /** Ids that are not to be started here. */
  revoked(): readonly string[] {
    return this.parts.revoked.all();
  }

  learnRevoked(taskIds: readonly string[]): void {
    this.parts.revoked.add(taskIds);
  }

  private show(entry: InFlight): TaskInHand {
    const { clock } = this.parts;
    const { delivery, head, pid, startedAtMs } = entry;
    return {
      head,
      state: isActive(entry) ? 'active' : 'reserved',
      startedMs: startedAtMs === undefined ? undefined : clock.now() - (clock.monotonic() - startedAtMs),
      pid,
      isAcknowledged: entry.isAckedEarly,
      call: () => this.callOf(delivery.message),
    };
  }
}

function isActive({ startedAtMs, hasEnded }: InFlight): boolean {
  return startedAtMs !== undefined && !hasEnded;
}
