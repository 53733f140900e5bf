import {
  openEmbeddedStore,
  releaseEmbeddedStore,
  type EmbeddedStore,
  type EmbeddedStoreOptions,
  type StoreLog,
} from '../../connections/index.js';
import { BrokerUnavailableError } from '../../errors/index.js';
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
import { EmbeddedQueueInspection, EmbeddedRevocationStore, EmbeddedTickClaims } from './embedded-abilities.js';
import { EmbeddedDeadLetters } from './embedded-dead-letters.js';
import { EmbeddedFanout } from './embedded-fanout.js';
import { EmbeddedRateLimits } from './embedded-rate-limits.js';
import { EmbeddedConsumer } from './embedded.consumer.js';
import { addMessages } from './message-rows.js';

/** Most messages of one transaction. */
const PAGE = 256;

/** Keeps messages in a file that several processes of one machine share, without a server. */
export class EmbeddedBroker implements Broker {
  readonly capabilities: BrokerCapabilities = { priorityOrder: 'lowest-first', parksOnPublish: true, durable: true };
  readonly fanout: EmbeddedFanout;
  readonly revocations: RevocationStore = new EmbeddedRevocationStore(() => this.connected());
  readonly rateLimits: RateLimits = new EmbeddedRateLimits(() => this.connected());
  readonly ticks: TickClaims = new EmbeddedTickClaims(() => this.connected());
  readonly deadLetters: DeadLetters = new EmbeddedDeadLetters(() => this.connected());
  readonly queues: QueueInspection = new EmbeddedQueueInspection(() => this.connected());
  private readonly consumers = new Set<EmbeddedConsumer>();
  private opening: Promise<EmbeddedStore> | undefined;
  private opened: EmbeddedStore | undefined;

  /** @param folder absolute; made when it is missing */
  constructor(
    private readonly folder: string,
    private readonly options: EmbeddedStoreOptions,
    private readonly clock: Clock,
    log: StoreLog,
  ) {
    this.fanout = new EmbeddedFanout(() => this.connected(), new FanoutTeller(clock, log));
  }

  get store(): string {
    return this.opened?.location ?? `embedded:${this.folder}`;
  }

  get status(): ConnectionStatus {
    if (this.opened !== undefined) return 'ready';
    return this.opening === undefined ? 'closed' : 'connecting';
  }

  async connect(): Promise<void> {
    this.opening ??= openEmbeddedStore(this.folder, this.options, this.clock);
    try {
      this.opened = await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  async declare(): Promise<void> {
    this.connected(); // any name is a queue here
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const store = this.connected();
    const pages: Promise<void>[] = [];
    for (let start = 0; start < messages.length; start += PAGE) {
      const page = messages.slice(start, start + PAGE);
      pages.push(store.write(() => addMessages(store, page), page.length));
    }
    await Promise.all(pages);
  }

  async consume(options: ConsumeOptions): Promise<EmbeddedConsumer> {
    const store = this.connected();
    const { durability, allowNetworkFileSystem } = this.options;
    const lease = { url: store.location, options: { durability, allowNetworkFileSystem } };
    const consumer = await EmbeddedConsumer.open(store, options, lease, (closed) => this.consumers.delete(closed));
    this.consumers.add(consumer);
    return consumer;
  }

  async close(): Promise<void> {
    await this.opening?.catch(() => undefined);
    const store = this.opened;
    if (store === undefined) return;
    try {
      for (const consumer of this.consumers) await consumer.close();
      await this.fanout.close();
    } finally {
      this.opened = this.opening = undefined;
      await releaseEmbeddedStore(store);
    }
  }

  private connected(): EmbeddedStore {
    if (this.opened === undefined)
      throw new BrokerUnavailableError(this.store, 'it is not connected; call connect() first.');
    return this.opened;
  }
}
