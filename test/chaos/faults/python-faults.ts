import { setTimeout as pause } from 'node:timers/promises';
import { valueOf } from '../../fixtures/apps/chaos/chaos.tasks.js';
import type { PythonWorker } from '../../tools/python-worker.js';
import { until } from '../../tools/until.js';
import { startPython } from '../python-beside.js';
import type { Allowance, Fault } from './fault.js';
import type { Scene } from './scene.js';

const WAIT_MS = 30_000;

/** What Python workers do that share the queues. */
export const pythonFaults: readonly Fault[] = [
  {
    name: 'sweeps of Python workers, while tasks take twice their visibility timeout',
    inject: async (scene) => {
      await python(scene, 'python');
      const { visibilityMs } = scene.options;
      const ids = await scene.work(6, visibilityMs * 2);
      await until(() => scene.runsOf(ids).every((runs) => runs > 0), { withinMs: WAIT_MS, what: 'All of them run' });
      await pause(visibilityMs * 2);
    },
  },
  {
    name: 'a Python worker acknowledges late, when its message has long been given to others',
    isUnderLoad: false,
    inject: async (scene): Promise<Allowance> => {
      await python(scene, 'python', 1);
      const { chaos } = scene.rig.client;
      const waitMs = scene.options.visibilityMs * 4; // whoever looks, and however seldom: before that the message is given to Nest
      const late = chaos.late.s(1, 0, waitMs).set({ queue: 'python' });
      const ids = await scene.send([late], () => valueOf(1));
      await until(() => scene.runsOf(ids)[0] === 1, { withinMs: WAIT_MS, what: 'Python runs it' });
      await scene.rig.fleet.start({ env: { CHAOS_QUEUES: 'python,celery' } });
      await until(() => scene.runsOf(ids)[0] === 2, { withinMs: WAIT_MS, what: 'Nest runs it' });
      const ends = (): number =>
        scene.rig.log.read().lines.filter(({ fact, subject }) => fact === 'end' && subject === ids[0]).length;
      await until(() => ends() === 2, { withinMs: WAIT_MS, what: 'Both are done' });
      await scene.untilIdle();
      return { repeats: 1 };
    },
  },
  {
    name: 'a Python worker gives back what it has not begun, as it ends',
    inject: async (scene): Promise<Allowance> => {
      const concurrency = 2;
      const worker = await python(scene, 'celery', concurrency, ['--prefetch-multiplier', '8']);
      await scene.untilAllWork();
      await worker.stop();
      return { repeats: concurrency }; // what its children begin as it ends is acknowledged by a loop that has ended
    },
  },
];

async function python(
  scene: Scene,
  queue: string,
  concurrency = 2,
  args: readonly string[] = [],
): Promise<PythonWorker> {
  const { folder, visibilityMs } = scene.options;
  const redis = scene.redisServer;
  const worker = await startPython({ redis, folder, queues: [queue], visibilityMs, concurrency, args });
  scene.atEnd(() => worker.stop());
  return worker;
}
