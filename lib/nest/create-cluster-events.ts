import type { Broker } from '../brokers/index.js';
import type { TaskControl } from '../control/index.js';
import { UnsupportedByBrokerError } from '../errors/index.js';
import { ClusterEvents, type EventLog, type ListenerErrorHandler } from '../events/index.js';
import type { Serialization } from '../serialization/index.js';
import { LogicalClock, type Clock } from '../time/index.js';

export interface ClusterEventsParts {
  readonly broker: Broker;
  readonly connect: () => Promise<void>;
  readonly control: TaskControl;
  readonly serialization: Serialization;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly onListenerError: ListenerErrorHandler;
}

/** The events of an instance's broker, which is connected when somebody listens. */
export function createClusterEvents(parts: ClusterEventsParts): ClusterEvents {
  const { broker, connect, control, serialization, clock, log, onListenerError } = parts;
  return new ClusterEvents({
    connect: async () => {
      if (broker.fanout === undefined) throw new UnsupportedByBrokerError('listen to events', broker.store);
      await connect();
      return broker.fanout;
    },
    decode: (message) => serialization.decode(message),
    /** @source celery/events/receiver.py `wakeup_workers` */
    askForHeartbeats: () => {
      const tell = (error: unknown): void => log.warn(`Could not ask workers for their heartbeats: ${String(error)}`);
      control.broadcast('heartbeat').catch(tell);
    },
    onListenerError,
    clock,
    logicalClock: new LogicalClock(),
    log,
  });
}
