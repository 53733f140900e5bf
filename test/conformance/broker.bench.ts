import { expect } from 'vitest';
import type { ResultBackend } from '../../lib/backends/index.js';
import type {
  Broker,
  Consumer,
  ConsumeOptions,
  Delivery,
  LeaseKeeper,
  LeaseKeeperData,
} from '../../lib/brokers/index.js';
import type { OutgoingMessage } from '../../lib/protocol/index.js';
import type { ConformanceCase } from './suite.js';

/** What an adapter provides to be held to the contract. */
export interface BrokerSubject {
  /** Connects to the namespace of this subject; each call is a connection of its own. */
  connect(): Promise<Broker>;
  /** Ends a consumer's hold as a SIGKILL of its process would, giving nothing back. */
  kill(consumer: Consumer): Promise<void>;
  /** A result backend in the same store, where the broker can settle results. */
  connectResults?(): Promise<ResultBackend>;
  /** Its consumers count parts of chords. */
  readonly joins?: boolean;
  openLeaseKeeper?(data: LeaseKeeperData): Promise<LeaseKeeper>;
  /** Removes the namespace. */
  destroy(): Promise<void>;
}

export type BrokerNeed =
  | 'lowest-first'
  | 'highest-first'
  | 'parksOnPublish'
  | 'durable'
  | 'fanout'
  | 'deadLetters'
  | 'revocations'
  | 'rateLimits'
  | 'ticks'
  | 'queues'
  | 'jointResults'
  | 'joins'
  | 'leaseKeeper';

export type BrokerCase = ConformanceCase<BrokerBench, BrokerNeed>;

/** A subject with one open connection, and the tools of the cases. */
export class BrokerBench {
  private readonly brokers: Broker[] = [];
  private readonly backends: ResultBackend[] = [];

  private constructor(
    readonly subject: BrokerSubject,
    readonly broker: Broker,
    /** How long to wait for what has to come. */
    readonly patienceMs: number,
  ) {
    this.brokers.push(broker);
  }

  static async open(subject: BrokerSubject, patienceMs = 5_000): Promise<BrokerBench> {
    const broker = await subject.connect();
    await broker.declare([{ name: 'q' }, { name: 'r' }, { name: 's' }]);
    return new BrokerBench(subject, broker, patienceMs);
  }

  async close(): Promise<void> {
    for (const backend of this.backends) await backend.close();
    for (const broker of this.brokers) await broker.close();
    await this.subject.destroy();
  }

  /** Another connection to the same namespace. */
  async peer(): Promise<Broker> {
    const broker = await this.subject.connect();
    this.brokers.push(broker);
    return broker;
  }

  async results(): Promise<ResultBackend> {
    const backend = await this.subject.connectResults?.();
    if (backend === undefined)
      throw new Error('The case needs "jointResults", and the subject has no connectResults().');
    this.backends.push(backend);
    return backend;
  }

  consume(options: Partial<ConsumeOptions> = {}, broker: Broker = this.broker): Promise<Consumer> {
    return broker.consume({ queues: ['q'], node: 'worker@test', ...options });
  }

  /** For what has to come. */
  soon(): AbortSignal {
    return AbortSignal.timeout(this.patienceMs);
  }

  /** As `soon`, and may be aborted earlier. (Node 20 forgets a timeout signal that only `AbortSignal.any` refers to.) */
  deadline(): AbortController {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), this.patienceMs).unref();
    return controller;
  }

  /** For what must not come. */
  briefly(): AbortSignal {
    return AbortSignal.timeout(40);
  }

  /** Takes until there are as many, in as many calls as it needs. */
  async take(consumer: Consumer, count: number): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    const signal = this.soon();
    while (taken.length < count && !signal.aborted) {
      const deliveries = await consumer.take(count - taken.length, signal);
      expect(deliveries.length > 0 || signal.aborted, 'deliveries of a take that was not aborted').toBe(true);
      taken.push(...deliveries);
      await turn();
    }
    expect(taken, `deliveries within ${this.patienceMs} ms`).toHaveLength(count);
    return taken;
  }

  async takeOne(consumer: Consumer): Promise<Delivery> {
    const [delivery] = await this.take(consumer, 1);
    return delivery as Delivery;
  }

  async expectNothing(consumer: Consumer): Promise<void> {
    const taken = await consumer.take(64, this.briefly());
    expect(idsOf(taken)).toEqual([]);
  }
}

/** Lets the event loop turn, so that a broker that answers without waiting cannot keep deadlines from passing. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Which of the needs this broker does not meet, by what it declares. */
export function lackingOf(bench: BrokerBench, needs: readonly BrokerNeed[]): readonly BrokerNeed[] {
  const { broker, subject } = bench;
  const met: Record<BrokerNeed, boolean> = {
    'lowest-first': broker.capabilities.priorityOrder === 'lowest-first',
    'highest-first': broker.capabilities.priorityOrder === 'highest-first',
    parksOnPublish: broker.capabilities.parksOnPublish,
    durable: broker.capabilities.durable,
    fanout: broker.fanout !== undefined,
    deadLetters: broker.deadLetters !== undefined,
    revocations: broker.revocations !== undefined,
    rateLimits: broker.rateLimits !== undefined,
    ticks: broker.ticks !== undefined,
    queues: broker.queues !== undefined,
    jointResults: subject.connectResults !== undefined,
    joins: subject.joins === true,
    leaseKeeper: subject.openLeaseKeeper !== undefined,
  };
  return needs.filter((need) => !met[need]);
}

/** A message of a task `conformance.<id>` for the queue `q`. */
export function message(id: string, change: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const queue = change.queue ?? 'q';
  return {
    id,
    task: `conformance.${id}`,
    headers: JSON.stringify({ lang: 'js', task: `conformance.${id}`, id, retries: 0, root_id: id }),
    body: JSON.stringify([[id], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]),
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    correlationId: id,
    replyTo: '',
    deliveryMode: 2,
    priority: 0,
    expiration: undefined,
    etaMs: undefined,
    exchange: '',
    routingKey: queue,
    ...change,
    queue,
  };
}

/** `count` messages named `<prefix>0` and so on. */
export function messages(count: number, prefix = 'm', change: Partial<OutgoingMessage> = {}): OutgoingMessage[] {
  return Array.from({ length: count }, (_, index) => message(`${prefix}${index}`, change));
}

export function idOf(delivery: Delivery): string {
  return String(delivery.message.headers['id']);
}

export function idsOf(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(idOf);
}

export function ack(delivery: Delivery): { readonly delivery: Delivery; readonly as: 'ack' } {
  return { delivery, as: 'ack' };
}
