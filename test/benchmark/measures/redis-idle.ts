import { setTimeout as pause } from 'node:timers/promises';
import type { Scale } from '../bench.js';
import type { Finding } from '../figure.js';
import { cpuUsOf, leftBelow, NestQueue } from '../redis/contestants.js';
import { callsBetween, RedisHost } from '../redis/redis-host.js';

/** Commands of clients alone; scripts call TIME, and others that clients send as well. */
const OF_CLIENTS = ['evalsha', 'eval', 'blmove', 'ping', 'subscribe'];
/** One look, 0.4 beats, and one wait of 5 s on one list: 1 + 0.4 + 1 / 5. */
const ASKED = 1.6;

/** What a worker asks of Redis that has nothing to do. */
export async function redisIdle(scale: Scale): Promise<Finding> {
  const windowMs = scale.of(30_000, 10_000);
  return RedisHost.use(async (host) => {
    const queue = await NestQueue.open(host, scale, { pool: 'async' });
    const workers = await queue.startWorkers();
    await queue.fill(500);
    await leftBelow(queue, 0);
    await pause(3_000);
    const [before, cpuBefore] = [await host.work(), cpuUsOf(workers)];
    await pause(windowMs);
    const [after, cpuAfter] = [await host.work(), cpuUsOf(workers)];
    await Promise.all(workers.map((worker) => worker.stop()));
    const seconds = windowMs / 1_000;
    const ofClients = callsBetween(before, after, OF_CLIENTS) / seconds;
    const all = (callsBetween(before, after) - 1) / seconds; // but the one that counts
    return {
      title: 'An idle worker on Redis',
      how: `One async worker on one queue, over ${seconds} s, by INFO commandstats.`,
      figures: [
        { what: 'commands sent', value: ofClients, unit: '/s', atMost: ASKED },
        { what: 'commands, those in scripts included', value: all, unit: '/s' },
        { what: 'CPU of the worker', value: (cpuAfter - cpuBefore) / seconds / 10_000, unit: '% of a core' },
        { what: 'CPU of Redis', value: (after.cpuUs - before.cpuUs) / seconds / 10_000, unit: '% of a core' },
      ],
    };
  });
}
