import type { Broker } from '../brokers/index.js';
import { schemeOf } from '../connections/index.js';
import { TaskControl } from '../control/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import type { WorkerLog } from '../worker/index.js';

export interface MingleParts {
  /** Connected. */
  readonly broker: Broker;
  readonly brokerUrl: string;
  /** First word of the exchanges that commands travel by. */
  readonly namespace: string;
  /** Node name. */
  readonly hostname: string;
  readonly serialization: Serialization;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly learnRevoked: (taskIds: readonly string[]) => void;
  readonly log: WorkerLog;
}

/** Brokers that no Python worker is on: those of this library learn of revocations from the store. */
const OWN_BROKERS = ['embedded', 'memory'];

/**
 * Asks the workers that are there already which tasks were revoked, and what their logical clocks say. Ends as soon as all have answered, after a second at
 * the latest; a worker whom nobody answers starts all the same.
 * @source celery/worker/consumer/mingle.py
 */
export async function mingle(parts: MingleParts): Promise<void> {
  const { broker, brokerUrl, hostname, logicalClock, learnRevoked, log, ...rest } = parts;
  if (broker.fanout === undefined || OWN_BROKERS.includes(schemeOf(brokerUrl))) return;
  const control = new TaskControl({ ...rest, broker, connect: async () => undefined });
  try {
    const { replies } = await control.call('hello', { from_node: hostname, revoked: [] });
    for (const reply of replies.values()) {
      const { clock, revoked } = readHello(reply);
      if (clock === undefined) logicalClock.forward();
      else logicalClock.adjust(clock);
      learnRevoked(revoked);
    }
  } catch (error) {
    log.warn(
      `Could not ask other workers for revoked tasks: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await control.close();
  }
}

/** Ids come as a list, or from Celery before 5.7 as the keys of a map. What is neither tells nothing. */
function readHello(reply: unknown): { readonly clock: number | undefined; readonly revoked: readonly string[] } {
  const { clock, revoked } = (reply ?? {}) as { readonly clock?: unknown; readonly revoked?: unknown };
  const ids: readonly unknown[] = Array.isArray(revoked) ? revoked : Object.keys(revoked ?? {});
  return {
    clock: Number.isSafeInteger(clock) ? (clock as number) : undefined,
    revoked: ids.filter((id) => typeof id === 'string'),
  };
}
