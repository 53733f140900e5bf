import { BrokerUnavailableError } from '../../errors/index.js';
import { openMemoryStore, releaseMemoryStore, type MemoryStore, type StoreLog } from '../../connections/index.js';
import type { OutgoingMessage } from '../../protocol/index.js';
import type { Clock } from '../../time/index.js';
import type {
  Broker,
  BrokerCapabilities,
  ConnectionStatus,
  ConsumeOptions,
  DeadLetters,
  RateLimits,
  RevocationStore,
  TickClaims,
} from '../broker.interface.js';
import type { QueueInspection } from '../queue-inspection.interface.js';
import { FanoutTeller } from '../virtual/fanout-listeners.js';
import { createOwnerName } from '../virtual/owner-name.js';
import { MemoryConsumer } from './memory.consumer.js';
import {
  MemoryDeadLetters,
  MemoryQueueInspection,
  MemoryRevocationStore,
  MemoryTickClaims,
} from './memory-abilities.js';
import { MemoryFanout } from './memory-fanout.js';
import { MemoryRateLimits } from './memory-rate-limits.js';
import { addMessage } from './memory-publish.js';

/**
 * Keeps messages in this process: for tests, where it runs on a virtual clock, and for trying things out.
 * Brokers and result backends of one URL share a store as long as one of them is connected.
 */
export class MemoryBroker implements Broker {
  readonly capabilities: BrokerCapabilities = { priorityOrder: 'lowest-first', parksOnPublish: true, durable: false };
  readonly fanout: MemoryFanout;
  readonly revocations: RevocationStore = new MemoryRevocationStore(() => this.connected());
  readonly rateLimits: RateLimits = new MemoryRateLimits(() => this.connected());
  readonly ticks: TickClaims = new MemoryTickClaims(() => this.connected());
  readonly deadLetters: DeadLetters = new MemoryDeadLetters(() => this.connected());
  readonly queues: QueueInspection = new MemoryQueueInspection(() => this.connected());
  private readonly consumers = new Set<MemoryConsumer>();
  private opened: MemoryStore | undefined;

  /** @param store equal for all that shall share, as in `memory:orders` */
  constructor(
    readonly store: string,
    private readonly clock: Clock,
    log: StoreLog,
  ) {
    this.fanout = new MemoryFanout(() => this.connected(), new FanoutTeller(clock, log));
  }

  get status(): ConnectionStatus {
    return this.opened === undefined ? 'closed' : 'ready';
  }

  async connect(): Promise<void> {
    this.opened ??= openMemoryStore(this.store, this.clock);
  }

  async declare(): Promise<void> {
    this.connected(); // any name is a queue here
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const store = this.connected();
    for (const message of messages) addMessage(store, message);
    store.announceMessages();
  }

  async consume(options: ConsumeOptions): Promise<MemoryConsumer> {
    const consumer: MemoryConsumer = new MemoryConsumer(this.connected(), createOwnerName(), options, () =>
      this.consumers.delete(consumer),
    );
    this.consumers.add(consumer);
    return consumer;
  }

  async close(): Promise<void> {
    const store = this.opened;
    if (store === undefined) return;
    for (const consumer of this.consumers) await consumer.close();
    this.fanout.close();
    this.opened = undefined;
    releaseMemoryStore(store);
  }

  private connected(): MemoryStore {
    if (this.opened === undefined)
      throw new BrokerUnavailableError(this.store, 'it is not connected; call connect() first.');
    return this.opened;
  }
}
