import type { ReceptionSignals } from '../events/index.js';
import type { TerminationSignal } from '../options/index.js';
import type { ResultRecord, TaskHead } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { failureRecord } from './failure-record.js';
import { recordsOf, storesFailure, type RevokedReason } from './outcome-table.js';
import type { TaskLog } from './task-log.js';
import type { TaskReporter } from './task-reporter.js';
import type { TaskTraits } from './task-traits.js';

/** Tells of tasks that were revoked, and makes what is stored of them. @source celery/worker/request.py `_announce_revoked` */
export class RevokedOutcome {
  constructor(
    private readonly log: TaskLog,
    private readonly signals: ReceptionSignals,
    private readonly reporter: TaskReporter,
    private readonly clock: Clock,
  ) {}

  /** @returns the states to store */
  tell(
    { head, traits }: { readonly head: TaskHead; readonly traits: TaskTraits },
    reason: RevokedReason,
    signal?: TerminationSignal,
  ): readonly ResultRecord[] {
    const error = this.log.revoked(head, reason, signal);
    this.signals.taskRevoked(head, reason, signal);
    this.reporter.revoked(head, traits, reason, signal);
    const record = failureRecord(head, 'REVOKED', error, this.clock.now());
    return recordsOf(record, storesFailure(traits, head.ignoreResult));
  }
}
