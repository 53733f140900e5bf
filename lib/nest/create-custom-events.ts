import type { Broker } from '../brokers/index.js';
import { UnsupportedByBrokerError } from '../errors/index.js';
import { CustomEvents, type EventLog } from '../events/index.js';
import type { Serialization } from '../serialization/index.js';
import { LogicalClock, type Clock } from '../time/index.js';

export interface CustomEventsParts {
  /** Node name of the worker. */
  readonly hostname: string;
  readonly broker: Broker;
  readonly connect: () => Promise<void>;
  readonly serialization: Serialization;
  readonly clock: Clock;
  readonly log: EventLog;
}

/** The events that tasks send themselves, by the broker that what they send goes to. */
export function createCustomEvents(parts: CustomEventsParts): CustomEvents {
  const { hostname, broker, connect, serialization, clock, log } = parts;
  return new CustomEvents({
    hostname,
    pid: process.pid,
    connect: async () => {
      if (broker.fanout === undefined) throw new UnsupportedByBrokerError('send events', broker.store);
      await connect();
      return broker.fanout;
    },
    encode: (value) => {
      const { body } = serialization.encode('json', value);
      return typeof body === 'string' ? body : Buffer.from(body).toString();
    },
    clock,
    logicalClock: new LogicalClock(),
    log,
  });
}
