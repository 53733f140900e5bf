import { ConsoleLogger, Injectable, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Task, TaskClient, TaskQueueModule, TaskWorkerFactory, type WorkerRunOptions } from '../../../lib/index.js';

@Injectable()
class ShopTasks {
  private readonly logger = new Logger('Shop');

  @Task({ name: 'shop.add' })
  add(a: number, b: number): number {
    this.logger.log(`adding ${a} and ${b}`);
    return a + b;
  }

  @Task({ name: 'shop.fail' })
  fail(): never {
    throw new RangeError('out of stock');
  }
}

@Module({ imports: [TaskQueueModule.forRoot({ broker: 'memory:worker-logger' })], providers: [ShopTasks] })
class ShopModule {}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  Logger.overrideLogger(['error']);
});

/** Runs one task that goes well and one that fails. */
async function linesOf(options: WorkerRunOptions): Promise<readonly string[]> {
  let output = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  }
  const app = await NestFactory.createApplicationContext(ShopModule, { logger: false });
  const worker = await TaskWorkerFactory.create(ShopModule, { pool: 'async', name: 'w@box', ...options });
  const tasks = app.get(TaskClient).for(ShopTasks);
  await (await tasks.add.applyAsync([1, 2], { taskId: 'id-1' })).get({ timeout: '5s' });
  await (await tasks.fail.applyAsync([], { taskId: 'id-2' })).get({ timeout: '5s', propagate: false });
  await worker.stop();
  await app.close();
  return output.split('\n').filter((line) => line !== '');
}

const succeeded = expect.stringMatching(/Task shop\.add\[id-1\] succeeded in \d\.\d{3} s/);
const failed = expect.stringContaining('Task shop.fail[id-2] failed in');
const ready = expect.stringContaining('w@box is ready');

describe("a worker's log", () => {
  it('has no line for a task that went well, unless it is asked for', async () => {
    const lines = await linesOf({});

    expect(lines).toEqual(expect.arrayContaining([ready, failed]));
    expect(lines).not.toContainEqual(succeeded);
  });

  it('has a line for each task at info', async () => {
    expect(await linesOf({ logLevel: 'info' })).toEqual(expect.arrayContaining([ready, succeeded, failed]));
  });

  it("has one in a logger of the application's own, if that takes it", async () => {
    expect(await linesOf({ logger: new ConsoleLogger({ colors: false }) })).toContainEqual(succeeded);
    const quiet = await linesOf({ logger: new ConsoleLogger({ logLevels: ['error'] }) });
    expect(quiet.filter((line) => line.includes('shop.add'))).toEqual([]);
  });

  it.each(['warning', 'warn', 'WARNING'])('is quiet about what goes well at %s', async (level) => {
    vi.stubEnv('TASK_QUEUE_LOG_LEVEL', level);

    const lines = await linesOf({});

    expect(lines).toContainEqual(failed);
    expect(lines).not.toContainEqual(ready);
    expect(lines).not.toContainEqual(expect.stringContaining('adding 1 and 2'));
  });

  it('is one object a line where that is asked for, with fields for what it is about', async () => {
    const lines = (await linesOf({ logLevel: 'info', logFormat: 'json' })).filter((line) => line.startsWith('{'));

    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const around = { pid: process.pid, timestamp: expect.any(Number) };
    const task = { ...around, context: 'TaskWorker', attempt: 1, durationMs: expect.any(Number) };
    expect(objects).toContainEqual({
      ...task,
      level: 'log',
      message: succeeded,
      task: 'shop.add',
      taskId: 'id-1',
      state: 'SUCCESS',
    });
    expect(objects).toContainEqual({
      ...task,
      level: 'error',
      message: failed,
      task: 'shop.fail',
      taskId: 'id-2',
      state: 'FAILURE',
    });
    expect(objects).toContainEqual({ ...around, level: 'log', message: 'adding 1 and 2', context: 'Shop' });
  });

  it('hands objects to a logger of the application where fields are asked for', async () => {
    const lines: unknown[] = [];
    const logger = { log: (line: unknown) => lines.push(line), warn: () => undefined, error: () => undefined };

    await linesOf({ logger, logFormat: 'json' });

    expect(lines).toContainEqual(expect.objectContaining({ message: succeeded, taskId: 'id-1', attempt: 1 }));
  });

  it.each<[WorkerRunOptions, string]>([
    [
      { logLevel: 'loud' as 'info' },
      'Expected option "logLevel" to be one of "debug", "info", "warning", "error", "critical"',
    ],
    [{ logFormat: 'xml' as 'json' }, 'Expected option "logFormat" to be one of "text", "json"'],
  ])('refuses %o', async (options, message) => {
    await expect(TaskWorkerFactory.create(ShopModule, options)).rejects.toThrow(message);
  });
});
