import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  getTaskQueueHealthToken,
  Task,
  TaskClient,
  TaskQueueHealthIndicator,
  TaskQueueModule,
  TaskWorkerFactory,
  type TaskQueueRootOptions,
} from '../../../lib/index.js';

@Injectable()
class MathTasks {
  @Task({ name: 'math.add' })
  add(a: number, b: number): number {
    return a + b;
  }
}

async function setup(options: TaskQueueRootOptions) {
  @Module({
    imports: [TerminusModule.forRoot({ logger: false }), TaskQueueModule.forRoot(options)],
    providers: [MathTasks],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  onTestFinished(() => app.close());
  const indicator = app.get<TaskQueueHealthIndicator>(getTaskQueueHealthToken(options.name));
  const checks = app.get(HealthCheckService);
  return { app, indicator, checks, AppModule };
}

/** What `check` answers, or throws. */
async function resultOf(check: Promise<HealthCheckResult>): Promise<HealthCheckResult> {
  return check.catch((error: { getResponse(): HealthCheckResult }) => error.getResponse());
}

describe('the health indicator, under @nestjs/terminus', () => {
  it('is up while the broker answers, and tells how many messages wait', async () => {
    const { app, indicator, checks } = await setup({ broker: 'memory:health-indicator' });
    await app.get(TaskClient).for(MathTasks).add.delay(1, 2);

    const result = await resultOf(checks.check([() => indicator.isHealthy('queue')]));

    expect(indicator).toBeInstanceOf(TaskQueueHealthIndicator);
    expect(result).toMatchObject({
      status: 'ok',
      info: { queue: { status: 'up', store: 'memory:health-indicator', waiting: 1 } },
    });
  });

  it.each<[string, TaskQueueRootOptions]>([
    ['the broker', { broker: { url: 'redis://127.0.0.1:1', startTimeout: 0 } }],
    ['the result backend', { broker: 'memory:', results: { url: 'redis://127.0.0.1:1', startTimeout: 0 } }],
  ])('is down when %s cannot be reached', async (_, options) => {
    const { indicator, checks } = await setup({ name: 'away', ...options });

    const result = await resultOf(checks.check([() => indicator.isHealthy('queue')]));

    expect(result).toMatchObject({
      status: 'error',
      error: { queue: { status: 'down', message: expect.stringContaining('127.0.0.1:1') } },
    });
  });

  it('is down when the broker does not answer in time', async () => {
    const { app, indicator } = await setup({ broker: 'memory:health-late' });
    Object.assign(app.get(TaskClient).queues, { size: () => new Promise(() => undefined) });

    expect(await indicator.isHealthy('queue', { timeout: 20 })).toMatchObject({
      queue: { status: 'down', message: 'No answer within 20 ms.' },
    });
  });

  it('tells how a worker of this process is', async () => {
    const { indicator, checks, AppModule } = await setup({ broker: 'memory:health-worker' });
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const worker = await TaskWorkerFactory.create(AppModule, { pool: 'async', logger });

    const working = await resultOf(checks.check([() => indicator.isWorkerHealthy('worker', worker)]));
    await worker.stop();

    expect(working).toMatchObject({ status: 'ok', info: { worker: { status: 'up', state: 'consuming' } } });
    expect(indicator.isWorkerHealthy('worker', worker)).toMatchObject({
      worker: { status: 'down', state: 'stopping' },
    });
  });
});
