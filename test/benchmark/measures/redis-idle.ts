import { setTimeout as pause } from 'node:timers/promises';
import { hasProc, memoryOf, wakeUpsOf } from '../../tools/proc.js';
import type { Scale } from '../bench.js';
import type { Figure, Finding } from '../figure.js';
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
      how: `One async worker on one queue, over ${seconds} s, by INFO commandstats; then one of prefork, whose timers wake its supervisor once a second, beside a lease kept every 2.5 s. A wake-up is each time its event loop has slept: who asks sleeps until the answer is there.`,
      figures: [
        { what: 'commands sent', value: ofClients, unit: '/s', atMost: ASKED },
        { what: 'commands, those in scripts included', value: all, unit: '/s' },
        { what: 'CPU of the worker', value: (cpuAfter - cpuBefore) / seconds / 10_000, unit: '% of a core' },
        { what: 'CPU of Redis', value: (after.cpuUs - before.cpuUs) / seconds / 10_000, unit: '% of a core' },
        ...(await supervisorFigures(host, scale, windowMs)),
      ],
    };
  });
}

/** Of the process that has the children of a prefork worker, when V8 has tidied its heap. */
async function supervisorFigures(host: RedisHost, scale: Scale, windowMs: number): Promise<readonly Figure[]> {
  const queue = await NestQueue.open(host, scale, { pool: 'prefork' });
  const [worker] = await queue.startWorkers();
  if (worker === undefined) return [];
  await pause(scale.of(60_000, 3_000));
  const before = wakeUpsOf(worker.pid);
  await pause(windowMs);
  const perSecond = ((wakeUpsOf(worker.pid) - before) * 1_000) / windowMs;
  const residentMiB = memoryOf(worker.pid).rss / 1_024;
  await worker.stop();
  const orNothing = (value: number): number | undefined => (hasProc ? value : undefined);
  return [
    {
      what: 'supervisor of prefork: wake-ups, heartbeats and answers included',
      value: orNothing(perSecond),
      unit: '/s',
    },
    {
      what: 'supervisor of prefork: resident memory',
      value: orNothing(residentMiB),
      unit: 'MiB',
      ...(scale.isQuick ? {} : { atMost: 90 }),
    },
  ];
}
