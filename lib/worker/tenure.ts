import type { Consumer, Delivery } from '../brokers/index.js';
import { LeaseLostError } from '../errors/index.js';
import { longestEnvelope } from '../protocol/index.js';
import { sleep } from '../time/index.js';
import type { ConsumedQueues } from './consumed-queues.js';
import { cancelUnstarted, type InFlight } from './in-flight.js';
import type { PoolFlow } from './flow/pool-flow.js';
import type { RevokedOutcome } from './revoked-outcome.js';
import { Settler } from './settler.js';
import type { StartCounts } from './start-counts.js';
import type { TaskLog } from './task-log.js';
import type { TaskReporter } from './task-reporter.js';
import { TaskRunner } from './task-runner.js';
import type { WorkerSetup } from './worker-setup.interface.js';

/** How long a consumer that is replaced may take to leave. */
const LEAVE_MS = 10_000;

/** What outlives a tenure. */
export interface TenureParts extends Pick<PoolFlow, 'inFlight' | 'paces' | 'suspects'> {
  readonly setup: WorkerSetup;
  readonly queues: ConsumedQueues;
  readonly rateGate: { drop(tags: ReadonlySet<string>): void; leave(tenure: object): void };
  readonly starts: StartCounts;
  readonly revoked: RevokedOutcome;
  readonly reporter: TaskReporter;
  readonly log: TaskLog;
}

/**
 * One hold on the queues: a consumer, what runs its deliveries and what settles them. It ends with the worker, or when its
 * consumer is cut off; the worker begins another one then.
 */
export class Tenure {
  readonly settler: Settler;
  readonly runner: TaskRunner;

  private constructor(
    readonly consumer: Consumer,
    private readonly parts: TenureParts,
  ) {
    const { setup, inFlight, paces, suspects, starts, revoked, reporter, log } = parts;
    const { broker, backend, pool, options, clock } = setup;
    const isJoint = backend?.encode !== undefined && backend.store === broker.store;
    this.settler = new Settler({
      consumer,
      backend,
      isJoint,
      resultStoreTimeoutMs: options.resultStoreTimeoutMs,
      clock,
      log: setup.log,
    });
    this.runner = new TaskRunner({
      inFlight,
      pool,
      consumer,
      backend,
      isJoint,
      settler: this.settler,
      paces,
      suspects,
      starts,
      publish: (messages) => broker.publish(messages),
      watch: consumer.lease === undefined ? undefined : setup.watchWith?.(consumer.lease),
      revoked,
      reporter,
      clock,
      log,
    });
    consumer.onLost?.((deliveries) => this.drop(deliveries));
  }

  /** @throws what the broker throws when it cannot be consumed from */
  static async begin(parts: TenureParts): Promise<Tenure> {
    const { broker, options, maxMessageBytes } = parts.setup;
    const queues = parts.queues.current;
    await broker.declare(queues.map((name) => ({ name })));
    const longest = longestEnvelope(maxMessageBytes);
    const consumer = await broker.consume({ queues, order: options.queueOrder, node: options.name, longest });
    await parts.queues.attach(consumer, queues);
    return new Tenure(consumer, parts);
  }

  /** Resolves when all that was given so far is settled or given up, and the consumer is closed. */
  async end(): Promise<void> {
    await this.settler.flush();
    try {
      await this.consumer.close();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.parts.setup.log.warn(`Could not leave the queues in order: ${reason}`);
    }
  }

  /** Another one takes from now on: what runs here is run and settled to its end, what has not started goes back. */
  async retire(): Promise<void> {
    const { inFlight, setup } = this.parts;
    this.parts.rateGate.leave(this);
    const mine = [...inFlight];
    for (const entry of mine) cancelUnstarted(entry, 'release');
    for (let left = new Set(inFlight); mine.some((entry) => left.has(entry)); left = new Set(inFlight)) {
      await inFlight.changed();
    }
    const inTime = new AbortController();
    const isLate = sleep(setup.clock, LEAVE_MS, inTime.signal).then(
      () => setup.log.warn(`Consumer "${this.consumer.owner}" could not be closed within ${LEAVE_MS / 1_000} s`),
      () => undefined,
    );
    await Promise.race([this.end(), isLate]);
    inTime.abort();
  }

  /**
   * Its consumer was cut off: others run what it held. What runs here is told to stop by its signal, and whatever comes of it is dropped; only what was
   * acknowledged before it ran goes on.
   */
  async lose(error: LeaseLostError): Promise<void> {
    this.settler.cutOff();
    this.parts.rateGate.leave(this);
    for (const entry of this.parts.inFlight) stop(entry, error);
    await this.consumer.close().catch(() => undefined); // it may be gone, or out of reach
  }

  /** Some of what it holds is another's now; the broker takes no outcome of it from us. */
  private drop(deliveries: readonly Delivery[]): void {
    const tags = new Set(deliveries.map(({ tag }) => tag));
    this.parts.rateGate.drop(tags);
    const error = new LeaseLostError(this.consumer.owner, this.parts.setup.broker.store);
    for (const entry of this.parts.inFlight) {
      if (!tags.has(entry.delivery.tag)) continue;
      this.parts.log.taken(entry.head);
      stop(entry, error);
    }
  }
}

function stop(entry: InFlight, error: LeaseLostError): void {
  if (!cancelUnstarted(entry, 'release', error) && !entry.isAckedEarly) entry.cancellation.request(error);
}
