import { createCommands, NodeMailbox, type ControlledNode, type ObeyedCommand } from '../control/index.js';
import type { Broker } from '../brokers/index.js';
import type { ResolvedControlOptions } from '../options/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';

export interface MailboxParts {
  readonly node: ControlledNode;
  readonly broker: Broker;
  readonly control: ResolvedControlOptions;
  /** Commands of the application. */
  readonly own: readonly ObeyedCommand[];
  readonly serialization: Serialization;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  readonly log: WorkerLog;
}

/**
 * Has a worker obey the commands of others. `undefined` where that is switched off, or where its broker has no way for it; a worker that may not listen works
 * all the same.
 */
export async function openMailbox({
  broker,
  control,
  own,
  log,
  ...parts
}: MailboxParts): Promise<NodeMailbox | undefined> {
  const { fanout } = broker;
  if (!control.enabled || fanout === undefined) return undefined;
  const mailbox = new NodeMailbox({
    ...parts,
    fanout,
    namespace: control.exchange,
    commands: createCommands(own),
    log,
  });
  try {
    await mailbox.open();
    return mailbox;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(`This worker obeys no remote control ("control.enabled: false" says so on purpose): ${reason}`);
    return undefined;
  }
}
