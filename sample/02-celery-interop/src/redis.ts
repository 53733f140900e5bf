import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { output, start } from './processes.js';

export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

/** The Redis of `TASK_QUEUE_BROKER_URL`; without one, a private redis-server for this run. */
export async function openRedis(): Promise<Redis> {
  const given = process.env['TASK_QUEUE_BROKER_URL'];
  if (given) return { url: given, stop: async () => undefined };
  try {
    await output('redis-server', ['--version']);
  } catch {
    throw new Error(
      'This sample needs a Redis: set TASK_QUEUE_BROKER_URL=redis://host:6379/0, or install redis-server ' +
        '(apt-get install redis-server, brew install redis, or docker run -p 6379:6379 redis).',
    );
  }
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'celery-interop-'))];
  const server = start('redis-server', [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--loglevel', 'warning'],
  ]);
  while (!(await listens(port))) await pause(50);
  return {
    url: `redis://127.0.0.1:${port}/0`,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref().once('connect', () => socket.destroy());
  });
}
