import type { RunningOrder } from '../brokers/index.js';
import { TaskRevokedError } from '../errors/index.js';
import type { TerminationSignal } from '../options/index.js';
import { cancelUnstarted, type InFlight, type InFlightTable } from './in-flight.js';
import { RevokedStamps } from './revoked-stamps.js';
import { RevokedTasks } from './revoked-tasks.js';

/** Keeps tasks from being started, and ends those that run, at the word of others. */
export class Revocation {
  /** Those that are not to be started here. */
  readonly tasks = new RevokedTasks();
  /** Stamps of those that are not. */
  readonly stamps = new RevokedStamps();

  constructor(private readonly inFlight: InFlightTable) {}

  /** @param running what becomes of those that have begun; they go on where nothing is said */
  apply(taskIds: readonly string[], running: RunningOrder | undefined): void {
    if (running === undefined) this.revoke(taskIds);
    else if (running.as === 'cancel') this.cancel(taskIds);
    else this.terminate(taskIds, running.signal);
  }

  revoke(taskIds: readonly string[]): void {
    for (const entry of this.find(taskIds)) cancelUnstarted(entry, 'revoke');
  }

  /** Aborts the signals of those that run; what has not begun never does. Returns the ids of both. */
  cancel(taskIds: readonly string[]): readonly string[] {
    return this.find(taskIds).map((entry) => {
      entry.cancelledAs ??= entry.startedAtMs === undefined ? 'revoke' : 'cancel';
      entry.cancellation.request(new TaskRevokedError('cancelled'));
      return entry.head.id;
    });
  }

  /** Ends those that run; what has not begun never does. Returns the ids of both. */
  terminate(taskIds: readonly string[], signal: TerminationSignal): readonly string[] {
    return this.find(taskIds).map((entry) => {
      entry.cancelledAs ??= entry.startedAtMs === undefined ? 'revoke' : 'terminate';
      entry.cancellation.terminate(signal, new TaskRevokedError('terminated'));
      return entry.head.id;
    });
  }

  private find(taskIds: readonly string[]): readonly InFlight[] {
    this.tasks.add(taskIds);
    if (this.inFlight.size === 0) return [];
    const wanted = new RevokedTasks(taskIds);
    return [...this.inFlight].filter(({ head, hasEnded }) => !hasEnded && wanted.has(head));
  }
}
