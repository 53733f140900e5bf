import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RedisServer } from '../../tools/redis-server.js';
import { until } from '../../tools/until.js';
import { nowMs } from '../run-log-reader.js';
import type { Fault } from './fault.js';
import type { Scene } from './scene.js';
import { waitersAre } from './suspended.js';

const WAIT_MS = 30_000;
/** What began so shortly before may not have been settled. */
const JUST_MS = 500;
const MIB = 1024 * 1024;

/** A server that forgets, that is full, that is another one. */
export const serverFaults: readonly Fault[] = [
  {
    name: 'SCRIPT FLUSH, 20 times',
    inject: async ({ redis }) => {
      for (let n = 0; n < 20; n += 1) {
        await redis.script('FLUSH');
        await pause(50);
      }
    },
  },
  {
    name: 'CLIENT KILL of all waits, 5 times',
    isUnderLoad: false,
    inject: async (scene) => {
      for (let n = 0; n < 5; n += 1) {
        await scene.untilIdle();
        await waitersAre(scene, 3);
        await kill(scene, / name=nest-task-queue:wait /);
        await scene.work(10);
      }
    },
  },
  {
    name: 'CLIENT KILL of all connections, 5 times',
    inject: async (scene) => {
      for (let n = 0; n < 5; n += 1) {
        await kill(scene, / name=nest-task-queue:/);
        await scene.untilAllWork();
      }
    },
  },
  {
    name: 'restart, with an append-only file',
    inject: ({ redisServer }) => redisServer.restart(),
  },
  {
    name: 'restart, without a file',
    place: { appendOnly: false },
    inject: async (scene) => {
      await scene.rest(); // so that it is known which ones it forgets
      const forgottenBeforeMs = nowMs();
      await scene.redisServer.restart();
      return { forgottenBeforeMs };
    },
  },
  {
    name: 'FLUSHALL',
    inject: async (scene) => {
      await scene.rest();
      const forgottenBeforeMs = nowMs();
      await scene.redis.flushall();
      return { forgottenBeforeMs };
    },
  },
  {
    name: 'failover to a replica that lags by 1 s',
    place: { allThroughProxy: true },
    inject: failOver,
  },
  {
    name: '"maxmemory" reached',
    inject: async (scene) => {
      await scene.rest();
      await scene.work(400);
      const used = Number(/used_memory:(\d+)/.exec(await scene.redis.info('memory'))?.[1]);
      await scene.redis.config('SET', 'maxmemory', String(Math.round(used - MIB / 4)));
      let refusals = 0;
      await until(
        async () => {
          await scene.work(1).catch(() => (refusals += 1));
          return refusals > 0;
        },
        { withinMs: WAIT_MS, what: 'The server is full' },
      );
      await pause(2_000); // what it has is drained meanwhile
      await scene.redis.config('SET', 'maxmemory', '0');
    },
  },
];

/** What the primary had confirmed after the replica was cut off from it may be gone, and what was done then may be done again. */
async function failOver(scene: Scene): Promise<{ forgottenBeforeMs: number; keptBeforeMs: number; repeats: number }> {
  const { redis: primary, proxy } = scene.server;
  const replica = await RedisServer.start({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
  scene.atEnd(() => replica.stop());
  const promoted = new Redis(replica.url);
  try {
    const isSynced = async (): Promise<boolean> =>
      (await promoted.info('replication')).includes('master_link_status:up');
    await until(isSynced, { withinMs: WAIT_MS, what: 'The replica has all' });
    await scene.rest();
    const keptBeforeMs = nowMs();
    await scene.redis.wait(1, 5_000);
    await promoted.replicaof('NO', 'ONE');
    scene.feed();
    await pause(1_000);
    await scene.rest();
    const forgottenBeforeMs = nowMs();
    await primary.kill('SIGKILL');
    proxy.aimAt(replica.port);
    await proxy.drop();
    await proxy.pass();
    await until(() => scene.redis.ping().catch(() => undefined), { withinMs: WAIT_MS, what: 'The replica answers' });
    const { lines } = scene.rig.log.read();
    const begun = lines.filter(({ fact, atMs }) => fact === 'start' && atMs > keptBeforeMs - JUST_MS);
    return { forgottenBeforeMs, keptBeforeMs, repeats: begun.length };
  } finally {
    promoted.disconnect();
  }
}

async function kill({ redis }: Scene, pattern: RegExp): Promise<void> {
  for (const line of String(await redis.client('LIST')).split('\n')) {
    const id = /^id=(\d+)/.exec(line)?.[1];
    if (id !== undefined && pattern.test(line)) await redis.client('KILL', 'ID', id).catch(() => undefined);
  }
}
