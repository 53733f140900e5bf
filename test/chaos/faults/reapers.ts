import { until } from '../../tools/until.js';
import { nowMs } from '../run-log-reader.js';
import type { Allowance, Fault } from './fault.js';
import type { Scene } from './scene.js';
import { goOn, suspend, within } from './suspended.js';

const RESTORE = /ntq:suspects[\s\S]*ntq:losses:/;
const WAIT_MS = 30_000;
/** Before the end of a lease, for what has to be arranged by then. */
const AHEAD_MS = 300;
/** More than two pages of what a reaper reads at once. */
const HELD = 40;

/** Of the others, so that they leave enough to the one that will die. */
const FEW_HANDS = { pool: 'prefork', concurrency: 2 } as const;

/** Workers that find another one dead. */
export const reapings: readonly Fault[] = [
  {
    name: 'two reapers at once, of a worker that was killed',
    place: FEW_HANDS,
    inject: async (scene) => {
      const death = await killWithHandsFull(scene);
      const { owner } = death;
      const others = [...scene.rig.fleet.workers];
      await untilLeaseEndsIn(scene, owner, AHEAD_MS);
      const asleep = others.flatMap((worker) => suspend(worker));
      await untilLeaseEndsIn(scene, owner, -AHEAD_MS);
      goOn(asleep);
      return recovery(scene, death);
    },
  },
  {
    name: 'a reaper killed after its first page',
    place: FEW_HANDS,
    inject: async (scene) => {
      const reaper = await scene.startVictim();
      const others = [...scene.rig.fleet.workers].filter((worker) => worker !== reaper.worker);
      const death = await killWithHandsFull(scene);
      const { owner, ids } = death;
      await untilLeaseEndsIn(scene, owner, AHEAD_MS);
      const held = reaper.proxy.holdRequest(RESTORE, 'reply');
      const asleep = others.flatMap((worker) => suspend(worker));
      const release = await within(held, 'The reaper gives something back');
      const reapersOwn = (await scene.heldBy(await scene.ownerOf(reaper.worker))).length;
      reaper.worker.signal('SIGKILL');
      await reaper.worker.ended;
      release();
      const left = (await scene.heldBy(owner)).length;
      goOn(asleep);
      const found = await recovery(scene, death);
      const problems = left > 0 && left < ids.length ? [] : [`${left} of ${ids.length} were left when the reaper died`];
      return { ...found, repeats: (found.repeats ?? 0) + reapersOwn, problems };
    },
  },
];

interface Death {
  readonly owner: string;
  /** Of what it held. */
  readonly ids: readonly string[];
  /** How often each of them had begun. */
  readonly runs: readonly number[];
  readonly atMs: number;
}

/** A worker that dies while it runs many tasks that take long. */
async function killWithHandsFull(scene: Scene): Promise<Death> {
  const victim = await scene.rig.fleet.start({ pool: 'async', concurrency: HELD });
  const owner = await scene.ownerOf(victim);
  await scene.rest();
  await scene.work(HELD * 4, 1_000);
  await until(async () => (await scene.heldBy(owner)).length >= HELD, {
    withinMs: WAIT_MS,
    what: 'Its hands are full',
  });
  suspend(victim);
  const ids = await scene.heldBy(owner);
  scene.rig.fleet.workers.delete(victim);
  victim.signal('SIGKILL');
  const atMs = nowMs();
  await victim.ended;
  return { owner, ids, runs: scene.runsOf(ids), atMs };
}

async function untilLeaseEndsIn(scene: Scene, owner: string, ms: number): Promise<void> {
  await until(async () => ((await scene.leaseLeftMs(owner)) ?? -Infinity) <= ms, {
    withinMs: scene.leaseMs + WAIT_MS,
    everyMs: 5,
    what: 'The lease is about to end',
  });
}

/** Until it is given back, and then until all of it has run elsewhere. */
async function recovery(scene: Scene, { owner, ids, runs, atMs }: Death): Promise<Allowance> {
  const withinMs = WAIT_MS + scene.leaseMs;
  await until(async () => (await scene.heldBy(owner)).length === 0, { withinMs, what: 'What it held is given back' });
  const resumedMs = nowMs() - atMs;
  await until(() => scene.runsOf(ids).every((count, at) => count > (runs[at] ?? 0)), {
    withinMs,
    what: 'All that it held runs elsewhere',
  });
  return { repeats: runs.filter((count) => count > 0).length, resumedMs, limitMs: scene.leaseMs + 2_000 };
}
