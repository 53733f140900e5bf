import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { BacklogAutoscaler, Task, TaskClient, TaskQueueModule, TaskWorkerFactory } from '../../../lib/index.js';

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

  it('refuses options before it starts any child', async () => {
    const run = TaskWorkerFactory.create(AppModule, {
      pool: 'prefork',
      entry: '/nowhere.js',
      softShutdownTimeout: '5x',
    });

    await expect(run).rejects.toThrow('Expected option "worker.softShutdownTimeout" to be');
  });

  it('grows and shrinks while it works', async () => {
    const worker = await TaskWorkerFactory.create(AppModule, { pool: 'async', concurrency: 2, logger });
    const slots = [worker.slots];

    worker.grow(3);
    slots.push(worker.slots);
    worker.shrink();
    slots.push(worker.slots);
    await worker.stop();

    expect(slots).toEqual([2, 5, 4]);
  });

  it('tells of several pools, and grows the one that is named, else the first', async () => {
    const worker = await TaskWorkerFactory.create(AppModule, { pools: { gevent: 2 }, logger });
    const pools = [worker.pools, worker.health().pools];

    worker.grow();
    worker.grow(2, 'eventlet');

    expect(pools).toEqual(Array(2).fill([{ name: 'async', active: 0, slots: 2 }]));
    expect(worker.slots).toBe(5);
    expect(() => worker.grow(1, 'threads')).toThrowError('This worker has "async".');
    await worker.stop();
  });

  it('knows of no pool but its own where it has one', async () => {
    const worker = await TaskWorkerFactory.create(AppModule, { pool: 'async', concurrency: 2, logger });

    worker.grow(1, 'gevent');

    expect([worker.slots, worker.pools, worker.health().pools]).toEqual([3, [], undefined]);
    expect(() => worker.shrink(1, 'prefork')).toThrowError('this worker has only "async"');
    await worker.stop();
  });

  it('refuses pools of children with a broker that lives in one process', async () => {
    const run = TaskWorkerFactory.create(AppModule, { pools: { async: 2, threads: 1 }, logger });

    await expect(run).rejects.toThrow(
      'Expected option "worker.pools" to be "async" or "solo" with the broker "memory:',
    );
  });

  it('leaves its size to autoscaling where that is asked for', async () => {
    const autoscale = { min: 2, max: 8 };
    const worker = await TaskWorkerFactory.create(AppModule, { pool: 'async', autoscale, logger });

    expect(worker.slots).toBe(2);
    const message = /cannot be resized by hand: option "worker.autoscale" decides its size, from 2 to 8/;
    expect(() => worker.grow()).toThrowError(message);
    expect(() => worker.shrink()).toThrowError(message);

    await worker.stop();
  });

  it.each<[object, string]>([
    [{ autoscaler: BacklogAutoscaler }, 'Expected option "autoscaler" to be given together with "autoscale"'],
    [{ autoscaler: 'mine', autoscale: { min: 1, max: 2 } }, 'Expected option "autoscaler" to be a class'],
  ])('refuses an autoscaler that cannot be used', async (options, message) => {
    const worker = TaskWorkerFactory.create(AppModule, { pool: 'async', logger, ...options });

    await expect(worker).rejects.toThrow(message);
  });

  it('says where it takes its messages from, and warns when it knows no task', async () => {
    @Module({ imports: [TaskQueueModule.forRoot({ broker: 'memory:no-tasks' })] })
    class EmptyModule {}
    const lines: unknown[] = [];
    const log = (line: unknown): void => void lines.push(line);

    const worker = await TaskWorkerFactory.create(EmptyModule, {
      pool: 'solo',
      name: 'w@here',
      logger: { log, warn: log, error: log },
    });
    await worker.stop();

    expect(lines).toContainEqual(
      expect.stringMatching(/^No provider of the application declares a task, .* @Task\(\) methods/),
    );
    expect(lines.at(-1)).toBe('w@here is ready: pool solo, 1 slot, queue celery in memory:no-tasks, 0 tasks');
  });
});
