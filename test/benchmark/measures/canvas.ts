import { performance } from 'node:perf_hooks';
import { chord, group } from 'nest-task-queue';
import { payload, type Scale } from '../bench.js';
import { median, type Figure, type Finding } from '../figure.js';
import { cpuUsOf, leftBelow, NestQueue, startProgram, type RunningWorker } from '../redis/contestants.js';
import { RedisHost } from '../redis/redis-host.js';

const MIB = 1_048_576;
const LOOK_MS = 5;

type Kind = 'group' | 'chord';

/** What one workflow took. */
interface Took {
  readonly ms: number;
  readonly workerUs: number;
  readonly redisUs: number;
}

/** What a chord costs beyond the group that is its header, and how much memory sending wide ones takes. */
export async function canvas(scale: Scale): Promise<Finding> {
  const count = scale.of(10_000, 4_000);
  const rounds = scale.of(15, 5);
  const wide = scale.of(100_000, 20_000);
  return {
    title: 'Canvas on Redis',
    how: `A chord of ${count} members that do nothing, its body called with their results, beside a group of the same members: one async worker, ${rounds} rounds in turn, each without the results of those before it in Redis, from \`apply\` until nothing is left to do; ratios within each round. Then a client of its own that sends ${wide} members from a generator: its largest resident size beyond that before.`,
    figures: [...(await overheadOf(scale, count, rounds)), ...(await growthOf(scale, wide))],
  };
}

async function overheadOf(scale: Scale, count: number, rounds: number): Promise<readonly Figure[]> {
  return RedisHost.use(async (host) => {
    const queue = await NestQueue.open(host, scale, { pool: 'async' });
    const workers = await queue.startWorkers();
    const found: Readonly<Record<Kind, Took[]>> = { group: [], chord: [] };
    for (let round = -2; round < rounds; round += 1) {
      for (const kind of round % 2 === 0 ? (['group', 'chord'] as const) : (['chord', 'group'] as const)) {
        const took = await run(host, queue, workers, kind, count);
        if (round >= 0) found[kind].push(took); // the first rounds warm up
      }
    }
    await Promise.all(workers.map((worker) => worker.stop()));
    return [
      ...comparison('time', 'ms', found, ({ ms }) => ms, { atMost: 1.25 }),
      ...comparison('CPU of the worker', 'µs a member', found, ({ workerUs }) => workerUs),
      ...comparison('CPU of Redis', 'µs a member', found, ({ redisUs }) => redisUs),
    ];
  });
}

async function run(
  host: RedisHost,
  queue: NestQueue,
  workers: readonly RunningWorker[],
  kind: Kind,
  count: number,
): Promise<Took> {
  await forgetResults(host);
  const { tasks, calls } = queue;
  const members = Array.from({ length: count }, () => calls.nothing.s(payload));
  const [workerBefore, redisBefore, startedAt] = [cpuUsOf(workers), host.cpuUs(), performance.now()];
  await (kind === 'group'
    ? tasks.apply(group(members))
    : tasks.apply(chord(members, tasks.remote<[unknown[]], null>('benchmark.nothing').s())));
  // The body is sent in the step that settles the last member, so that in between there is no time when nothing is left.
  await leftBelow(queue, 0, LOOK_MS);
  const ms = performance.now() - startedAt;
  return {
    ms,
    workerUs: (cpuUsOf(workers) - workerBefore) / count,
    redisUs: (host.cpuUs() - redisBefore) / count,
  };
}

/** All that is left of what ran before; what the worker says of itself stays. */
async function forgetResults({ client }: RedisHost): Promise<void> {
  const keys = await client.keys('celery-task*');
  for (let at = 0; at < keys.length; at += 1_000) await client.unlink(...keys.slice(at, at + 1_000));
}

function comparison(
  what: string,
  unit: string,
  found: Readonly<Record<Kind, readonly Took[]>>,
  of: (took: Took) => number,
  asked: Pick<Figure, 'atMost'> = {},
): readonly Figure[] {
  const ratios = found.chord.map((took, round) => of(took) / of(found.group[round] ?? took));
  const least = (kind: Kind): number => Math.min(...found[kind].map(of));
  return [
    { what: `${what}, chord to group`, value: median(ratios), unit: '×', ...asked },
    { what: `${what}, chord to group, of the least of each`, value: least('chord') / least('group'), unit: '×' },
    { what: `${what}, group`, value: median(found.group.map(of)), unit },
    { what: `${what}, chord`, value: median(found.chord.map(of)), unit },
  ];
}

async function growthOf(scale: Scale, count: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const kind of ['group', 'chord'] as const) {
    const grown = await RedisHost.use(async (host) => {
      const withCollector = { ...scale, execArgv: [...scale.execArgv, '--expose-gc'] };
      const sender = startProgram('wide-sender', { BENCHMARK_STORE: host.url }, withCollector);
      try {
        return await sender.ask<number>('grow', { kind, count });
      } finally {
        await sender.stop();
      }
    });
    figures.push({
      what: `growth of a client that sends a ${kind} of ${count}`,
      value: grown / MIB,
      unit: 'MiB',
      atMost: 100,
    });
  }
  return figures;
}
