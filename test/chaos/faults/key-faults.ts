import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../tools/until.js';
import type { Fault } from './fault.js';
import type { Scene } from './scene.js';

const WAIT_MS = 30_000;
const WRONG_MS = 1_500;
/** What is moved aside meanwhile. */
const ASIDE = 'chaos:aside';

/** Keys that hold something else than they should, and messages that are none. */
export const keyFaults: readonly Fault[] = [
  wrongType('unacked'),
  wrongType('unacked_index'),
  wrongType('ntq:workers'),
  wrongType('ntq:parked'),
  wrongType('ntq:suspects'),
  wrongType('celery'),
  {
    name: 'elements of "unacked" that are none, before one that is',
    inject: async (scene) => {
      const old = String(Date.now() / 1_000 - 7_200);
      const id = await plantForeign(scene, 'python-3', Number(old) + 1);
      const garbage = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x22]);
      await scene.redis.multi().hset('unacked', 'python-1', garbage).zadd('unacked_index', old, 'python-1').exec();
      await until(() => scene.runsOf([id]).every((runs) => runs === 1), {
        withinMs: WAIT_MS,
        what: 'The one behind runs',
      });
      await until(async () => (await scene.redis.hexists('unacked', 'python-1')) === 0, {
        withinMs: WAIT_MS,
        what: 'It is buried',
      });
      return { dead: 1 };
    },
  },
  {
    name: 'a queue paused while workers wait for it',
    isUnderLoad: false,
    inject: async (scene) => {
      const workers = scene.rig.fleet.workers.size;
      await scene.untilIdle();
      await scene.redis.sadd('ntq:paused', 'celery');
      const ids: string[] = [];
      for (let n = 0; n < 40; n += 1) {
        ids.push(...(await scene.work(1)));
        await pause(25);
      }
      const runs = scene.runsOf(ids).filter((count) => count > 0).length;
      await scene.redis.srem('ntq:paused', 'celery');
      return {
        problems: runs > 0 ? [`${runs} of 40 tasks ran though their queue was paused (${workers} workers)`] : [],
      };
    },
  },
];

function wrongType(key: string): Fault {
  return {
    name: `"${key}" of a wrong type`,
    inject: async (scene) => {
      const { redis } = scene;
      await until(async () => (await redis.exists(key)) === 1 || key === 'ntq:parked' || key === 'ntq:suspects', {
        withinMs: WAIT_MS,
        everyMs: 1,
        what: `There is "${key}"`,
      });
      const hadIt = (await redis.eval(PUT_ASIDE, 2, key, ASIDE)) === 1;
      await pause(WRONG_MS);
      if (hadIt) await redis.multi().del(key).rename(ASIDE, key).exec();
      else await redis.del(key);
    },
  };
}

const PUT_ASIDE = `
local had = redis.call('EXISTS', KEYS[1])
if had == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
redis.call('SET', KEYS[1], 'not that')
return had`;

/** A message as a Python worker holds it that has long been gone. @returns its task's id */
async function plantForeign(scene: Scene, tag: string, score: number): Promise<string> {
  const { chaos } = scene.rig.client;
  const [id = ''] = await scene.send([chaos.work.s(1, 0, 0).set({ queue: 'nobody' })], () => 3);
  const envelope = await scene.redis.rpop('nobody');
  await scene.redis.multi().hset('unacked', tag, `[${envelope},"","celery"]`).zadd('unacked_index', score, tag).exec();
  return id;
}
