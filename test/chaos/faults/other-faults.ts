import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { valueOf } from '../../fixtures/apps/chaos/chaos.tasks.js';
import { programPath } from '../../tools/programs.js';
import { until } from '../../tools/until.js';
import { nowMs } from '../run-log-reader.js';
import type { Fault } from './fault.js';
import type { Scene } from './scene.js';

const HOUR_MS = 3_600_000;
const WAIT_MS = 60_000;
const SOON_MS = 3_000;
/** A task may begin so much later than it is due, on a machine with other work. */
const LATE_MS = 2_000;
const MIB = 1024 * 1024;

/** Wrong clocks and heavy messages. */
export const otherFaults: readonly Fault[] = [
  wrongClock('ahead', HOUR_MS),
  wrongClock('behind', -HOUR_MS),
  {
    name: '64 messages of 10 MiB, and a worker killed among them',
    isUnderLoad: false,
    workers: 0,
    inject: async (scene) => {
      // Past the proxy, which stands in the process that has all these to send.
      const storeUrl = scene.redisServer.url;
      await Promise.all([1, 2, 3].map(() => scene.rig.fleet.start({ storeUrl })));
      const { chaos } = scene.rig.client;
      const text = 'x'.repeat(10 * MIB);
      const ids: string[] = [];
      for (let n = 0; n < 64; n += 1) ids.push(...(await scene.send([chaos.weigh.s(text)], () => text.length)));
      const [victim] = scene.rig.fleet.workers;
      if (victim === undefined) throw new Error('No worker is left.');
      const held = await scene.heldBy(await scene.ownerOf(victim));
      scene.rig.fleet.workers.delete(victim);
      victim.signal('SIGKILL');
      await victim.ended;
      await until(() => scene.runsOf(ids).every((runs) => runs > 0), { withinMs: WAIT_MS * 2, what: 'All have run' });
      return { repeats: held.length, limitMs: scene.leaseMs + 5_000 };
    },
  },
];

/** Of all workers, and not of the server nor of who sends. */
function wrongClock(direction: string, shiftMs: number): Fault {
  const preload = (): string => pathToFileURL(programPath('test/fixtures/apps/chaos/shifted-clock.ts')).href;
  return {
    name: `the workers' clocks are an hour ${direction}`,
    isQuick: direction === 'behind',
    get change() {
      return { env: { NODE_OPTIONS: `--import=${preload()}`, CHAOS_CLOCK_SHIFT_MS: String(shiftMs) } };
    },
    inject: async (scene) => {
      const { chaos } = scene.rig.client;
      const numbers = Array.from({ length: 20 }, (_, n) => n);
      const dueMs = nowMs() + SOON_MS;
      const later = await scene.send(
        numbers.map((n) => chaos.work.s(n, 0, 0).set({ countdown: SOON_MS })),
        valueOf,
      );
      const fresh = numbers.map((n) => chaos.work.s(n, 0, 0).set({ expires: HOUR_MS / 2 }));
      await scene.send(fresh, valueOf);
      const expired = await sendExpired(scene);
      await until(() => [...later].every((id) => scene.runsOf([id])[0] !== 0), {
        withinMs: WAIT_MS,
        what: 'All that is due runs',
      });
      const late = later.map((id) => (scene.rig.log.starts.get(id)?.[0]?.atMs ?? 0) - dueMs);
      const [least, most] = [Math.min(...late), Math.max(...late)];
      const ran = scene.runsOf(expired).filter((runs) => runs > 0).length;
      return {
        problems: [
          ...(least < -100 ? [`a task began ${Math.round(-least)} ms before it was due`] : []),
          ...(most > LATE_MS ? [`a task began ${Math.round(most)} ms after it was due`] : []),
          ...(ran > 0 ? [`${ran} tasks ran that had expired`] : []),
        ],
      };
    },
  };
}

/** Tasks that nobody takes before they have expired. */
async function sendExpired(scene: Scene): Promise<readonly string[]> {
  const { chaos } = scene.rig.client;
  await scene.redis.sadd('ntq:paused', 'celery');
  const tasks = Array.from({ length: 10 }, (_, n) => chaos.work.s(n, 0, 0).set({ expires: 1_000 }));
  const ids = await scene.send(tasks, () => 'TaskRevokedError');
  await pause(1_500);
  await scene.redis.srem('ntq:paused', 'celery');
  return ids;
}
