import type { Delivery } from '../brokers/index.js';
import type { TaskRevokedError } from '../errors/index.js';
import type { ReceptionSignals } from '../events/index.js';
import type { ResultRecord } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { failureRecord } from './failure-record.js';
import type { Disposal } from './outcome-table.js';
import type { Verdict } from './reception.js';
import type { RevokedOutcome } from './revoked-outcome.js';
import type { Settler } from './settler.js';
import type { TaskLog } from './task-log.js';
import type { TaskReporter } from './task-reporter.js';
import type { TaskRunner } from './task-runner.js';

/** Who settles what was received, in one hold on the queues. */
export interface Hold {
  readonly runner: TaskRunner;
  readonly settler: Settler;
}

/** Settles what is not to be run, or not now. */
export class UnrunDeliveries {
  constructor(
    private readonly log: TaskLog,
    private readonly signals: ReceptionSignals,
    private readonly reporter: TaskReporter,
    private readonly revoked: RevokedOutcome,
    private readonly clock: Clock,
  ) {}

  async settle(delivery: Delivery, verdict: Exclude<Verdict, { as: 'run' }>, { runner, settler }: Hold): Promise<void> {
    switch (verdict.as) {
      case 'park':
        await settler.settle({ delivery, as: 'park', untilMs: verdict.untilMs });
        return;
      case 'revoke':
        return this.settleRevoked(delivery, verdict, runner);
      case 'give-up':
        return runner.endings.giveUp(delivery, verdict.head, verdict.traits, verdict.error);
      case 'unknown':
        return this.settleUnknown(delivery, verdict, { runner, settler });
      case 'dead':
        this.log.undecodable(delivery, verdict.error);
        this.signals.taskRejected(verdict.error.message);
        await settler.settle(
          { delivery, as: 'dead', reason: verdict.reason, error: verdict.error.message },
          this.failureOf(verdict),
        );
        return;
    }
  }

  /** Who waits for a task whose message has a head is told that it will not run. */
  private failureOf({ head, error }: Extract<Verdict, { as: 'dead' }>): readonly ResultRecord[] {
    if (head === undefined || head.ignoreResult === true) return [];
    return [failureRecord(head, 'FAILURE', error, this.clock.now())];
  }

  private async settleUnknown(
    delivery: Delivery,
    { head, policy, error }: Extract<Verdict, { as: 'unknown' }>,
    { runner, settler }: Hold,
  ): Promise<void> {
    this.log.unknown(head, error, policy);
    this.signals.taskUnknown(head);
    this.reporter.unknown(head, error);
    if (policy === 'ack') {
      await settler.settle({ delivery, as: 'ack' });
      return;
    }
    const record = failureRecord(head, 'FAILURE', error, this.clock.now());
    const fate: Disposal =
      policy === 'reject' ? { as: 'ack' } : { as: 'dead', reason: 'unknown_task', error: error.message };
    await runner.endings.refuse(delivery, head, fate, record, error);
  }

  private async settleRevoked(
    delivery: Delivery,
    verdict: Extract<Verdict, { as: 'revoke' }>,
    { endings }: TaskRunner,
  ): Promise<void> {
    const reason = reasonOf(verdict.error);
    await endings.revoke({ delivery, head: verdict.head }, this.revoked.tell(verdict, reason), reason);
  }
}

function reasonOf({ reason }: TaskRevokedError): 'expired' | 'revoked' {
  return reason === 'expired' ? 'expired' : 'revoked';
}
