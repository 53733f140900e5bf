import { randomUUID } from 'node:crypto';
import { parseDuration, sleep, type Duration } from '../time/index.js';
import type { TaskQueueHost } from './task-queue.host.js';

/** What an indicator found, as `@nestjs/terminus` and its like take it: by the name it was asked under. */
export type TaskQueueHealthResult<Key extends string = string> = Record<
  Key,
  { status: 'up' | 'down' } & Record<string, unknown>
>;

export interface TaskQueueHealthOptions {
  /** How long the broker, and the result backend if that is elsewhere, may take to answer. @defaultValue '3s' */
  readonly timeout?: Duration;
  /** Queue whose length is asked for. @defaultValue `tasks.defaultQueue` */
  readonly queue?: string;
}

/** What can say how it is, such as a `TaskWorker`. */
export interface HealthyWorker {
  health(): { readonly isReady: boolean; readonly state: string };
}

/**
 * Tells whether the queue can be used, as an indicator of `@nestjs/terminus`: `health.check([() => taskQueue.isHealthy('queue')])`. Never throws: what is
 * wrong is in the result.
 */
export class TaskQueueHealthIndicator {
  readonly #host: TaskQueueHost;

  constructor(host: TaskQueueHost) {
    this.#host = host;
  }

  /** Whether the broker, and the result backend, answer. */
  async isHealthy<Key extends string>(
    key: Key,
    { timeout = '3s', queue }: TaskQueueHealthOptions = {},
  ): Promise<TaskQueueHealthResult<Key>> {
    const { clock, store, options } = this.#host;
    const late = new AbortController();
    const timeoutMs = parseDuration(timeout, 'timeout');
    try {
      const waiting = await Promise.race([
        this.#ask(queue ?? options.tasks.defaultQueue),
        sleep(clock, timeoutMs, late.signal).then(() => {
          throw new Error(`No answer within ${timeoutMs} ms.`);
        }),
      ]);
      return resultOf(key, { status: 'up', store, waiting });
    } catch (error) {
      return resultOf(key, { status: 'down', store, message: error instanceof Error ? error.message : String(error) });
    } finally {
      late.abort();
    }
  }

  /** Whether a worker of this process, made by `TaskWorkerFactory.create`, takes messages. */
  isWorkerHealthy<Key extends string>(key: Key, worker: HealthyWorker): TaskQueueHealthResult<Key> {
    const { isReady, ...about } = worker.health();
    return resultOf(key, { status: isReady ? 'up' : 'down', ...about });
  }

  async #ask(queue: string): Promise<number> {
    const { client, options } = this.#host;
    const { url } = options.results;
    const isElsewhere = url !== undefined && url !== options.broker.url;
    const [waiting] = await Promise.all([
      client.queues.size(queue),
      isElsewhere ? client.result(randomUUID()).state() : undefined,
    ]);
    return waiting;
  }
}

function resultOf<Key extends string>(
  key: Key,
  about: { status: 'up' | 'down' } & Record<string, unknown>,
): TaskQueueHealthResult<Key> {
  return { [key]: about } as TaskQueueHealthResult<Key>;
}
