import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TaskClient, type TasksOf } from 'nest-task-queue';
import { senderModule } from '../fixtures/apps/chaos/chaos.module.js';
import { ChaosTasks } from '../fixtures/apps/chaos/chaos.tasks.js';

export interface ChaosClient {
  readonly tasks: TaskClient;
  readonly chaos: TasksOf<ChaosTasks>;
  close(): Promise<void>;
}

/** A sender of the chaos app's tasks to the store of that URL. */
export async function openClient(storeUrl: string): Promise<ChaosClient> {
  const app = await NestFactory.createApplicationContext(senderModule(storeUrl), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  const tasks = app.get(TaskClient);
  return { tasks, chaos: tasks.for(ChaosTasks), close: () => app.close() };
}
