import type { Broker } from '../brokers/index.js';
import { SentEvents, type EventLog, type TaskSignals } from '../events/index.js';
import { LogicalClock, type Clock } from '../time/index.js';

export interface SentEventsParts {
  /** `gen<pid>@<host>`. */
  readonly hostname: string;
  /** The one that the client sends to. */
  readonly broker: Broker;
  readonly signals: TaskSignals;
  readonly clock: Clock;
  readonly log: EventLog;
}

/** Has each task that is sent told to monitors; `undefined` where the broker cannot reach them. */
export function createSentEvents({ broker, signals, ...parts }: SentEventsParts): SentEvents | undefined {
  const { fanout } = broker;
  if (fanout === undefined) {
    parts.log.warn(`No "task-sent" events are sent: ${broker.store} cannot reach all who listen`);
    return undefined;
  }
  const events = new SentEvents({ ...parts, pid: process.pid, fanout, logicalClock: new LogicalClock() });
  signals.afterTaskPublish.observable.subscribe((event) => events.tell(event));
  return events;
}
