import { randomUUID } from 'node:crypto';
import { Module, type INestApplicationContext, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  TaskClient,
  TaskQueueModule,
  TaskWorkerFactory,
  type TaskQueueModuleOptions,
  type TaskWorker,
  type WorkerRunOptions,
} from 'nest-task-queue';
import { onTestFinished } from 'vitest';
import { openMemoryStore, releaseMemoryStore, type MemoryStore } from '../../../lib/connections/index.js';
import { systemClock } from '../../../lib/time/index.js';
import { eventually } from './eventually.js';

/** An application that sends, and workers of the same application on its broker, in the process of the test. */
export interface InlineRig {
  readonly app: INestApplicationContext;
  readonly client: TaskClient;
  /** What the broker of both keeps, to look at from outside and to put broken things into. */
  readonly store: MemoryStore;
  /** What the workers logged, each line with its level before it. */
  readonly logged: readonly string[];
  startWorker(options?: WorkerRunOptions): Promise<TaskWorker>;
  /** Resolves when nothing of the queue waits, runs, or is parked. */
  quiet(queue?: string): Promise<void>;
}

export interface InlineRigOptions {
  readonly module?: TaskQueueModuleOptions;
  /** `false`: none yet. */
  readonly worker?: WorkerRunOptions | false;
}

/** Starts both, the worker on the pool `async`; all of it ends with the test. */
export async function startInline(
  providers: readonly Type[],
  { module = {}, worker = {} }: InlineRigOptions = {},
): Promise<InlineRig> {
  const broker = `memory:${randomUUID()}`;
  const logged: string[] = [];
  const AppModule = moduleOf(providers, { broker, ...module });
  const store = openMemoryStore(broker, systemClock);
  onTestFinished(() => releaseMemoryStore(store));
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  const client = app.get(TaskClient);
  const rig: InlineRig = {
    app,
    client,
    store,
    logged,
    startWorker: async (options = {}) => {
      const started = await TaskWorkerFactory.create(AppModule, { pool: 'async', logger: writeTo(logged), ...options });
      onTestFinished(() => started.stop());
      return started;
    },
    quiet: async (queue = 'celery') => {
      await eventually(`queue "${queue}" is done with`, async () => {
        const { waiting, held, parked } = await client.queues.stats(queue);
        return waiting + held + parked === 0;
      });
    },
  };
  if (worker !== false) await rig.startWorker(worker);
  return rig;
}

export function moduleOf(providers: readonly Type[], options: TaskQueueModuleOptions): Type {
  class AppModule {}
  Module({ imports: [TaskQueueModule.forRoot(options)], providers: [...providers] })(AppModule);
  return AppModule;
}

function writeTo(lines: string[]): LoggerService {
  const writer = (level: string) => (message: unknown) => void lines.push(`${level} ${String(message)}`);
  return { log: writer('log'), warn: writer('warn'), error: writer('error') };
}
