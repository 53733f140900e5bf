import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { Task, TaskClient, TaskQueueModule, TaskWorkerFactory } from '../../../lib/index.js';

const logger = { log: () => undefined, warn: () => undefined, error: (line: unknown) => console.error(line) };

@Injectable()
class MathTasks {
  @Task({ name: 'math.add' })
  add(a: number, b: number): number {
    return a + b;
  }
}

@Module({ imports: [TaskQueueModule.forRoot({ broker: 'memory:inline-worker' })], providers: [MathTasks] })
class AppModule {}

describe('TaskWorkerFactory.create', () => {
  it.each(['async', 'solo'] as const)('runs a task of another application on the pool %s', async (pool) => {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    const worker = await TaskWorkerFactory.create(AppModule, { pool, logger });

    const result = await app.get(TaskClient).for(MathTasks).add.delay(2, 3);
    const value = await result.get({ timeout: '5s' });
    await worker.stop();
    await app.close();

    expect(value).toBe(5);
  });
});
