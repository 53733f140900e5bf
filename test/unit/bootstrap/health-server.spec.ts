import { Injectable, Module } from '@nestjs/common';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HealthServer } from '../../../lib/bootstrap/health/health-server.js';
import { healthOf } from '../../../lib/bootstrap/health/worker-health.js';
import { Task, TaskQueueModule, TaskWorkerFactory } from '../../../lib/index.js';

@Injectable()
class MathTasks {
  @Task({ name: 'math.add' })
  add(a: number, b: number): number {
    return a + b;
  }
}

@Module({ imports: [TaskQueueModule.forRoot({ broker: 'memory:health-server' })], providers: [MathTasks] })
class AppModule {}

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

async function ask(url: string, method = 'GET'): Promise<[number, unknown]> {
  const response = await fetch(url, { method });
  return [response.status, await response.json()];
}

async function open() {
  const server = await HealthServer.open({ host: '127.0.0.1', port: 0 }, silent);
  onTestFinished(() => server.close());
  return server;
}

describe("a worker's health over HTTP", () => {
  it('is told while it works, and no longer when it has ended', async () => {
    const lines: string[] = [];
    const logger = { ...silent, log: (line: string) => void lines.push(line) };
    const worker = await TaskWorkerFactory.create(AppModule, {
      pool: 'async',
      concurrency: 5,
      logger,
      health: { port: 0 },
    });
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(lines.join('\n'))?.[0] ?? '';

    const well = { status: 'up', state: 'consuming', silentMs: 0, active: 0, slots: 5 };
    expect(await ask(`${url}/live`)).toEqual([200, well]);
    expect(await ask(`${url}/ready`)).toEqual([200, well]);
    await worker.stop();
    await expect(fetch(`${url}/live`)).rejects.toThrow('fetch failed');
  });

  it.each([
    ['starting', 200, 503],
    ['consuming', 200, 200],
    ['busy', 200, 200],
    ['unreachable', 200, 503],
    ['stalled', 200, 503],
    ['stopping', 200, 503],
    ['stalled, hopeless', 503, 503],
  ] as const)('%s is answered with %i by /live and %i by /ready', async (name, live, ready) => {
    const server = await open();
    const state = name === 'stalled, hopeless' ? 'stalled' : name;
    const progress = { silentMs: 1, isHopeless: name === 'stalled, hopeless' };
    if (state !== 'starting') server.attach(() => healthOf({ ...progress, state }, 1, 2));

    expect((await ask(`${server.url}/live`))[0]).toBe(live);
    expect(await ask(`${server.url}/ready?verbose`)).toEqual([ready, expect.objectContaining({ state })]);
  });

  it('has no other answers', async () => {
    const { url } = await open();

    expect(await ask(`${url}/`)).toEqual([404, { error: 'There are /live and /ready.' }]);
    expect(await ask(`${url}/live`, 'POST')).toEqual([405, { error: 'Only GET is answered.' }]);
  });

  it('refuses a port that is taken, and ends what it has begun', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;

    const worker = TaskWorkerFactory.create(AppModule, { pool: 'async', logger: silent, health: { port } });

    await expect(worker).rejects.toThrow('Expected option "worker.health.port" to be one that it can listen on');
  });

  it.each<[object, string]>([
    [{ port: 70_000 }, 'Expected option "worker.health.port" to be an integer from 0 to 65535'],
    [{ host: '::1' }, 'Expected option "worker.health.port" to be given'],
    [{ port: 0, path: '/' }, 'Unknown option "worker.health.path"'],
  ])('refuses %o', async (health, message) => {
    const worker = TaskWorkerFactory.create(AppModule, { pool: 'async', health: health as { port: number } });

    await expect(worker).rejects.toThrow(message);
  });
});
