import type { TaskInHand } from '../control/index.js';
import { readTaskMessage, type DecodeContent, type ReceivedMessage } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import type { InFlight, InFlightTable } from './in-flight.js';
import type { RevokedTasks } from './revoked-tasks.js';
import type { StartCounts } from './start-counts.js';

export interface WorkerInsightParts {
  readonly inFlight: InFlightTable;
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
