import { hostname } from 'node:os';
import { checkServer, describeRedis, RedisLink, type StoreLog } from '../../connections/index.js';
import { BrokerUnavailableError } from '../../errors/index.js';
import type { OutgoingMessage } from '../../protocol/index.js';
import type { Clock } from '../../time/index.js';
import type {
  Broker,
  BrokerCapabilities,
  ConnectionStatus,
  ConsumeOptions,
  DeadLetters,
  LeaseKeeperData,
  QueueDeclaration,
  RateLimits,
  RevocationStore,
  TickClaims,
} from '../broker.interface.js';
import type { QueueInspection } from '../queue-inspection.interface.js';
import { FanoutTeller } from '../virtual/fanout-listeners.js';
import { createOwnerName } from '../virtual/owner-name.js';
import { FanoutChannels } from './fanout-channels.js';
import { RedisQueueInspection, RedisTickClaims, type RedisTools } from './redis-abilities.js';
import type { RedisContext } from './redis-context.js';
import { RedisDeadLetters } from './redis-dead-letters.js';
import { RedisFanout } from './redis-fanout.js';
import { callThoughFull } from './redis-full.js';
import { RedisKeys } from './redis-keys.js';
import { ConsumedLists } from './redis-lists.js';
import { RedisPublisher } from './redis-publisher.js';
import { RedisRateLimits } from './redis-rate-limits.js';
import { RedisRevocationStore } from './redis-revocations.js';
import { ownBinding } from './redis-routing.js';
import { RedisConsumer } from './redis.consumer.js';
import { RedisLeaseKeeper } from './redis.lease-keeper.js';
import {
  resolveRedisBrokerOptions,
  type RedisBrokerOptions,
  type ResolvedRedisBrokerOptions,
} from './redis.options.js';

/** Keeps messages in a Redis server, in the layout of kombu, so that Python's Celery shares its queues. */
export class RedisBroker implements Broker {
  readonly capabilities: BrokerCapabilities = {
    priorityOrder: 'lowest-first',
    parksOnPublish: false,
    durable: true,
    sendsEarlyFrom: 32,
  };
  readonly store: string;
  readonly fanout: RedisFanout;
  readonly revocations: RevocationStore;
  readonly rateLimits: RateLimits = new RedisRateLimits(() => this.connected());
  readonly ticks: TickClaims = new RedisTickClaims(() => this.connected());
  readonly deadLetters: DeadLetters = new RedisDeadLetters(() => this.connected());
  readonly queues: QueueInspection = new RedisQueueInspection(() => this.connected());
  private readonly options: ResolvedRedisBrokerOptions;
  private readonly keys: RedisKeys;
  private readonly consumers = new Set<RedisConsumer>();
  private link: RedisLink | undefined;
  private tools: RedisTools | undefined;
  private opening: Promise<void> | undefined;

  /** @throws {InvalidOptionError} naming the first option that cannot be used */
  constructor(
    private readonly url: string,
    private readonly given: RedisBrokerOptions,
    private readonly clock: Clock,
    private readonly log: StoreLog,
  ) {
    this.options = resolveRedisBrokerOptions(url, given);
    this.store = describeRedis(this.options.address);
    this.keys = new RedisKeys(this.options.keyPrefix);
    this.fanout = new RedisFanout({
      connected: () => this.connected(),
      connect: (role, onReconnect, blocksMs) => this.createLink(role, onReconnect, undefined, blocksMs),
      channels: new FanoutChannels(this.options.keyPrefix, this.options.address.database),
      outageTimeoutMs: this.options.outageTimeoutMs,
      teller: new FanoutTeller(clock, log),
      clock,
    });
    this.revocations = new RedisRevocationStore(
      () => this.connected(),
      (onReconnect) => this.createLink('revocations', onReconnect),
    );
  }

  get status(): ConnectionStatus {
    if (this.tools !== undefined) return this.link?.status ?? 'closed';
    return this.opening === undefined ? 'closed' : 'connecting';
  }

  async connect(): Promise<void> {
    this.opening ??= this.open();
    try {
      await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  async declare(queues: readonly QueueDeclaration[]): Promise<void> {
    const tools = this.connected();
    const bind = (key: string, name: string) =>
      callThoughFull(tools, 'bind a queue', 'sadd', [key], [ownBinding(name)]);
    await Promise.all(
      queues.flatMap(({ name }) => [bind(this.keys.binding(name), name), bind(this.keys.permanentBinding(name), name)]),
    );
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length > 0) await this.connected().publisher.publish(messages);
  }

  async consume({ queues, order = 'round_robin', node, longest }: ConsumeOptions): Promise<RedisConsumer> {
    this.connected();
    const context = this.createContext(createOwnerName(), () => consumer.reconnected(), longest);
    const about = ['node', node, 'host', hostname(), 'pid', String(process.pid)];
    const consumer: RedisConsumer = new RedisConsumer({
      context,
      lists: new ConsumedLists(this.keys, this.options.prioritySteps, queues, order),
      lease: this.leaseOf(context.owner),
      about: [...about, 'started', new Date(this.clock.now()).toISOString()],
      connect: (role, blocksMs) => this.createLink(role, undefined, undefined, blocksMs),
      onClosed: () => this.consumers.delete(consumer),
    });
    this.consumers.add(consumer);
    try {
      await consumer.open();
    } catch (error) {
      await consumer.abandon();
      await consumer.close();
      throw error;
    }
    return consumer;
  }

  /** For another thread of a consumer's process. */
  async openKeeper({ owner }: LeaseKeeperData): Promise<RedisLeaseKeeper> {
    const context = this.createContext(owner);
    await context.link.connect();
    return new RedisLeaseKeeper(context);
  }

  async close(): Promise<void> {
    await this.opening?.catch(() => undefined);
    try {
      for (const consumer of this.consumers) await consumer.close();
      await this.fanout.close();
    } finally {
      this.link?.close();
      this.link = this.tools = this.opening = undefined;
    }
  }

  private async open(): Promise<void> {
    const link = this.createLink('commands', undefined, this.log);
    await link.connect();
    try {
      await checkServer(link, this.options, this.log);
    } catch (error) {
      link.close();
      throw error;
    }
    this.link = link;
    const { keys, options } = this;
    this.tools = { link, keys, steps: options.prioritySteps, publisher: this.createPublisher(link) };
  }

  private createContext(owner: string, onReconnect?: () => void, longest = 0): RedisContext {
    const { keys, options, clock, log } = this;
    const link = this.createLink('engine', onReconnect);
    return { owner, link, keys, options, publisher: this.createPublisher(link), clock, log, longest };
  }

  private createPublisher(link: RedisLink): RedisPublisher {
    const { prioritySteps, outageTimeoutMs } = this.options;
    return new RedisPublisher(link, this.keys, prioritySteps, outageTimeoutMs, this.clock);
  }

  private leaseOf(owner: string): LeaseKeeperData {
    return { url: this.url, options: { ...this.given }, owner, endsByItself: true };
  }

  private createLink(role: string, onReconnect?: () => void, log?: StoreLog, blocksMs = 0): RedisLink {
    const { options, clock } = this;
    return new RedisLink({
      address: options.address,
      options,
      role,
      blocksMs,
      clock,
      ...(log !== undefined && { log }),
      unavailable: (store, reason, cause) => new BrokerUnavailableError(store, reason, { cause }),
      ...(onReconnect !== undefined && { onReconnect }),
    });
  }

  private connected(): RedisTools {
    if (this.tools === undefined) {
      throw new BrokerUnavailableError(this.store, 'it is not connected; call connect() first.');
    }
    return this.tools;
  }
}
