import { Logger, type INestApplicationContext } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { TestingUsageError } from '../errors/index.js';
import { getTaskQueueHostToken, type ResolvedModuleOptions, type TaskQueueHost } from '../nest/index.js';
import type { VirtualClock } from '../time/index.js';
import { InstanceStore } from './instance-store.js';
import { InstanceWorker } from './instance-worker.js';
import type { DeadTask, SentTask } from './recorded-tasks.js';
import type { ResolvedTestingOptions } from './testing-options.js';

interface Instance {
  readonly store: InstanceStore;
  host: TaskQueueHost | undefined;
  worker: InstanceWorker | undefined;
}

/** An instance whose tasks are run. */
export interface RunningInstance {
  readonly store: InstanceStore;
  readonly worker: InstanceWorker;
}

/** The `TaskQueueModule` instances of the application under test: usually one. */
export class TestingInstances {
  readonly #id = randomUUID();
  readonly #instances = new Map<string, Instance>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly options: ResolvedTestingOptions,
  ) {}

  /** Gives an instance stores of its own instead of those it names. Called as its application is made, so nothing is sent before. */
  override(options: ResolvedModuleOptions): ResolvedModuleOptions {
    const { name, results } = options;
    const url = `memory:testing-${this.#id}/${name}`;
    const store = new InstanceStore(name, url, options, this.clock, (sent) => this.#warnOfQueue(sent));
    this.#instances.set(name, { store, host: undefined, worker: undefined });
    return {
      ...options,
      broker: { url, options: {} },
      // For ever, as a test may let more time pass than a result is usually kept for.
      results: { ...results, url: results.url === undefined ? undefined : url, options: {}, expiresMs: 0 },
      isDefaultBroker: false,
    };
  }

  /** @param onApplicationClosed called when the application has shut down, by whomever */
  async start(application: INestApplicationContext, onApplicationClosed: () => void): Promise<void> {
    for (const [name, instance] of this.#instances) {
      const host = application.get<TaskQueueHost>(getTaskQueueHostToken(name), { strict: false });
      instance.host = host;
      host.events.beatInit$.subscribe({ complete: onApplicationClosed });
      if (this.options.worker === undefined) continue;
      instance.worker = await InstanceWorker.start({ host, clock: this.clock, options: this.options });
    }
  }

  /** In the order of sending. */
  get sent(): readonly SentTask[] {
    const all = [...this.#instances.values()].flatMap(({ store }) => store.sent);
    return this.#instances.size > 1 ? all.sort((a, b) => a.sentAt.getTime() - b.sentAt.getTime()) : all;
  }

  /** Oldest first. */
  get deadLetters(): readonly DeadTask[] {
    const all = [...this.#instances.values()].flatMap(({ store }) => store.dead);
    return all.sort((a, b) => a.diedAt.getTime() - b.diedAt.getTime());
  }

  get running(): readonly RunningInstance[] {
    return [...this.#instances.values()].flatMap(({ store, worker }) =>
      worker === undefined ? [] : [{ store, worker }],
    );
  }

  /** @throws {TestingUsageError} before the application was started */
  get hosts(): readonly TaskQueueHost[] {
    const hosts = [...this.#instances.values()].flatMap(({ host }) => host ?? []);
    if (hosts.length > 0) return hosts;
    throw new TestingUsageError(
      'The tasks of the application are not known yet: call start(module) first, and await it.',
    );
  }

  async stop(): Promise<void> {
    for (const { worker } of this.#instances.values()) await worker?.close();
  }

  /** After the application, which may send while it shuts down. */
  close(): void {
    for (const { store } of this.#instances.values()) store.close();
  }

  /** A task of the application in a queue that nobody takes from would leave its test waiting without a word. */
  #warnOfQueue({ task, queue, instance }: SentTask): void {
    const { worker, host, store } = this.#instances.get(instance) ?? {};
    if (worker === undefined || worker.queues.includes(queue) || host?.catalog.get(task) === undefined) return;
    if (store !== undefined && store.sent.filter((each) => each.queue === queue).length > 1) return; // said once
    const queues = [...worker.queues, queue].map((name) => `'${name}'`).join(', ');
    new Logger('TaskQueueTesting').warn(
      `Task "${task}" was sent to queue "${queue}", from which nothing is taken in this test. ` +
        `To run it, name the queue: createTaskQueueTesting({ worker: { queues: [${queues}] } }).`,
    );
  }
}
