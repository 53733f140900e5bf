import { setTimeout as pause } from 'node:timers/promises';
import { familyOf, isAlive } from '../../tools/proc.js';
import { until } from '../../tools/until.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import type { Fault } from './fault.js';
import type { Scene, Victim } from './scene.js';

/** Requests of a worker, by what they name. */
const TAKE = /ntq:workers[^*]*[\s\S]*ntq:head:celery/;
const SETTLE = /ntq:suspects[\s\S]*celery-task-meta-/;

const LEASES = 2;
const WAIT_MS = 15_000;

/** Processes that stand still cannot see that this one ends. */
const standing = new Set<number>();
process.on('exit', () => signal([...standing], 'SIGKILL'));

/** A worker that stands still for two leases, with its children, at a place where that hurts most. */
export const suspensions: readonly Fault[] = [
  {
    name: 'SIGSTOP for 2 leases between BLMOVE and take',
    workers: 0,
    isUnderLoad: false,
    inject: async (scene) => {
      // Where a user may not name its connections, waits bring nothing but news: the take follows when they are heard.
      await scene.redis.call('ACL', 'SETUSER', 'nameless', 'on', '>pw', '~*', '&*', '+@all', '-client|id');
      const [victim, ...others] = [
        await scene.startVictim({}, 'nameless:pw'),
        await scene.startVictim({}, 'nameless:pw'),
        await scene.startVictim({}, 'nameless:pw'),
      ] as const;
      await scene.work(30);
      await scene.untilIdle();
      await waitersAre(scene, 3);
      const awake = others.flatMap(({ worker }) => suspend(worker));
      const held = victim.proxy.holdRequest(TAKE, 'request');
      const [id = ''] = await scene.work(1);
      const release = await within(held, 'A take of the suspended worker');
      await until(async () => (await scene.redis.llen('ntq:head:celery')) > 0, { withinMs: WAIT_MS, what: 'A head' });
      const asleep = suspend(victim.worker);
      goOn(awake);
      await pause(scene.leaseMs * LEASES);
      const [runs = 0] = scene.runsOf([id]);
      goOn(asleep);
      release();
      return { problems: runs === 1 ? [] : [`the message in the head was run ${runs} times meanwhile`] };
    },
  },
  {
    name: 'SIGSTOP for 2 leases of an idle worker, to which a message is handed then',
    isQuick: true,
    isUnderLoad: false,
    inject: async (scene) => {
      const { worker } = await scene.startVictim();
      await scene.untilIdle();
      await waitersAre(scene, 4);
      const owner = await scene.ownerOf(worker);
      const asleep = suspend(worker);
      await scene.work(12); // one for each that waits, and more
      const has = async (): Promise<boolean> => (await scene.heldBy(owner)).length > 0;
      await until(has, { withinMs: WAIT_MS, what: 'The worker that stands still is handed a message' });
      const [id = ''] = await scene.heldBy(owner);
      await pause(scene.leaseMs * LEASES);
      const [runs = 0] = scene.runsOf([id]);
      goOn(asleep);
      return { repeats: 1, problems: runs === 1 ? [] : [`what it was handed was run ${runs} times meanwhile`] };
    },
  },
  {
    name: 'SIGSTOP for 2 leases between take and start',
    inject: async (scene) => {
      const victim = await scene.startVictim();
      await scene.untilAllWork();
      return suspendAt(scene, victim, () => victim.proxy.holdRequest(TAKE, 'reply'), true);
    },
  },
  {
    name: 'SIGSTOP for 2 leases between outcome and settle',
    isQuick: true,
    inject: async (scene) => {
      const victim = await scene.startVictim();
      await scene.untilAllWork();
      return suspendAt(scene, victim, () => victim.proxy.holdRequest(SETTLE, 'request'), false);
    },
  },
  {
    name: 'SIGSTOP for 2 leases, 6 times at random',
    inject: async (scene) => {
      let repeats = 0;
      for (let n = 0; n < 6; n += 1) {
        await pause(scene.random.below(scene.leaseMs / 2));
        const worker = scene.random.of([...scene.rig.fleet.workers]);
        const owner = await scene.ownerOf(worker);
        const asleep = suspend(worker);
        await pause(scene.leaseMs / 2);
        repeats += (await scene.heldBy(owner)).length;
        await pause(scene.leaseMs * (LEASES - 1 / 2));
        goOn(asleep);
        await scene.untilAllWork();
      }
      return { repeats };
    },
  },
];

/** What it held may run twice; what it says of it when it wakes does not count. */
async function suspendAt(
  scene: Scene,
  { worker }: Victim,
  hold: () => Promise<() => void>,
  hasToHold: boolean,
): Promise<{ repeats: number; problems: readonly string[] }> {
  const owner = await scene.ownerOf(worker);
  let release = await within(hold(), 'A request of the suspended worker');
  for (let tries = 0; hasToHold && (await scene.heldBy(owner)).length === 0 && tries < 50; tries += 1) {
    const next = hold(); // that take brought nothing
    release();
    release = await within(next, 'A request of the suspended worker');
  }
  const asleep = suspend(worker);
  await pause(scene.leaseMs / 2);
  const ids = await scene.heldBy(owner); // with what a take brought that was on its way
  await pause(scene.leaseMs * (LEASES - 1 / 2));
  await until(async () => (await scene.heldBy(owner)).length === 0, {
    withinMs: WAIT_MS,
    what: 'What it held is free',
  });
  const results = (): Promise<readonly (string | null)[]> =>
    scene.redis.mget(ids.map((id) => `celery-task-meta-${id}`));
  await until(async () => (await results()).every((result) => result !== null), {
    withinMs: WAIT_MS,
    what: 'What it held is done by others',
  });
  const before = await results();
  goOn(asleep);
  release();
  await until(async () => (await scene.rig.view.ownerOf(worker.pid)) !== undefined, {
    withinMs: WAIT_MS,
    what: 'The worker is back',
  });
  await scene.untilAllWork();
  const changed = (await results()).filter((result, at) => result !== before[at]).length;
  const problems = [
    ...(ids.length === 0 ? ['the worker held nothing when it was stopped'] : []),
    ...(changed > 0 ? [`${changed} results were changed by the worker that woke up`] : []),
  ];
  return { repeats: ids.length, problems };
}

/** It and all that it has started. @returns who stands still now */
export function suspend({ pid }: WorkerProcess): readonly number[] {
  const family = familyOf(pid);
  for (const each of family) standing.add(each);
  signal(family, 'SIGSTOP');
  return family;
}

export function goOn(pids: readonly number[]): void {
  for (const pid of pids) standing.delete(pid);
  signal(pids, 'SIGCONT');
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, name);
}

/** So many waits stand at the server. */
export async function waitersAre({ redis }: Scene, count: number): Promise<void> {
  const look = async (): Promise<boolean> =>
    (String(await redis.client('LIST')).match(/nest-task-queue:wait .*cmd=blmove/g)?.length ?? 0) >= count;
  await until(look, { withinMs: WAIT_MS, what: `${count} waits at the server` });
}

export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let found: { readonly value: T } | undefined;
  void promise.then((value) => (found = { value }));
  await until(() => found !== undefined, { withinMs: WAIT_MS, what });
  return promise;
}
