import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { killAll } from '../tools/worker-process.js';
import { poolKinds, type PoolKind } from './fleet.js';
import { faults } from './faults.js';
import { longTask } from './long-task.js';
import { mixed } from './mixed.js';
import { outages } from './outages.js';
import { poison } from './poison.js';
import type { PartReport, RunPlace } from './run-rig.js';
import { rolling } from './rolling.js';
import { storm } from './storm.js';

const help = `Faults under load. Ends with code 0 when nothing was lost and all was as promised.

  npm run test:chaos [-- OPTIONS]

  --store NAME       embedded, or redis: a server of the run's own (embedded)
  --part NAME        storm, rolling, poison, long or, on redis, mixed (with Python), outages and faults; may be repeated (default: all that the store has)
  --pool NAME        prefork, threads, async or solo; may be repeated (default: storm and rolling on prefork, the others on each)
  --tasks N          of the storm (20000)        --kills N         SIGKILLs in it (30)
  --workers N        in the storm (3)            --concurrency N   of each worker (2; async: 20)
  --seed N           of what is random (drawn; printed, so that a run can be repeated)
  --patience N       recoveries may take N times as long as promised, for a machine with other work (1)
  --poison N         poisonous messages (5), of the storm as well (there none with --quick)
  --innocents N      among so many others (1000), without a storm
  --seconds N        that the long task computes (60)
  --lease N          milliseconds for which a worker may be silent, on redis (10000; with --quick 2000)
  --fault TEXT       only those of the faults whose names hold this text
  --away N           milliseconds that an outage lasts (3000; with --quick 800)
  --quick            a short form: 2000 tasks, 6 kills, 2 poisonous messages, 4 s
  --keep             leaves the folder with store and logs
  --json             one line of JSON for each part instead of tables`;

const { values: given } = parseArgs({
  options: {
    store: { type: 'string', default: 'embedded' },
    lease: { type: 'string' },
    away: { type: 'string' },
    fault: { type: 'string' },
    part: { type: 'string', multiple: true },
    pool: { type: 'string', multiple: true },
    tasks: { type: 'string' },
    kills: { type: 'string' },
    workers: { type: 'string', default: '3' },
    concurrency: { type: 'string' },
    seed: { type: 'string' },
    patience: { type: 'string' },
    poison: { type: 'string' },
    innocents: { type: 'string', default: '1000' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Of Python workers that stand beside. */
const VISIBILITY_MS = 3_000;
/** A run that has not ended by then hangs. */
const LONGEST_MS = 30 * 60_000;

const folder = mkdtempSync(path.join(tmpdir(), 'task-queue-chaos-'));
const workerFile = fileURLToPath(new URL('../fixtures/apps/chaos/worker.js', import.meta.url));

if (given.help) console.log(help);
else await main();

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(130));
  const limit = setTimeout(() => {
    console.error(`The run took longer than ${LONGEST_MS / 60_000} minutes and was ended.`);
    end(1);
  }, LONGEST_MS);
  try {
    process.exitCode = (await runParts()) ? 0 : 1;
  } finally {
    clearTimeout(limit);
    tidy();
  }
}

/** @returns whether all was as promised */
async function runParts(): Promise<boolean> {
  const seed = number(given.seed, Date.now() % 1_000_000);
  const pools = (given.pool ?? []) as PoolKind[];
  const parts = given.part ?? [
    'storm',
    'rolling',
    'poison',
    'long',
    ...(given.store === 'redis' ? ['mixed', 'outages', 'faults'] : []),
  ];
  const jobs = parts.flatMap((part) => jobsOf(part, pools, seed));
  let isRight = true;
  for (const job of jobs) {
    for (const report of await job()) {
      isRight &&= report.problems.length === 0;
      show(report, seed);
    }
  }
  return isRight;
}

function jobsOf(part: string, pools: readonly PoolKind[], seed: number): (() => Promise<PartReport[]>)[] {
  const each = pools.length > 0 ? pools : poolKinds;
  switch (part) {
    case 'storm':
      return (pools.length > 0 ? pools : (['prefork'] as const)).map((pool) => async () => [
        await storm({
          ...place(part, pool),
          tasks: number(given.tasks, given.quick ? 2_000 : 20_000),
          kills: number(given.kills, given.quick ? 6 : 30),
          workers: number(given.workers, 3),
          poison: number(given.poison, given.quick ? 0 : 5), // which may leave a slow machine without processes
          seed,
          patience: number(given.patience, 1),
        }),
      ]);
    case 'rolling':
      return (pools.length > 0 ? pools : (['prefork'] as const)).map((pool) => async () => [
        await rolling({
          ...place(part, pool),
          tasks: number(given.tasks, given.quick ? 2_000 : 20_000),
          workers: number(given.workers, 3),
          rounds: given.quick ? 1 : 3,
          seed,
        }),
      ]);
    case 'poison':
      return each.map((pool) => async () => [
        await poison({
          ...place(part, pool),
          poison: number(given.poison, given.quick ? 2 : 5),
          innocents: number(given.innocents, 1_000),
        }),
      ]);
    case 'long': // on all pools at once, as they only compute
      return [
        () =>
          Promise.all(
            each.map((pool) =>
              longTask({ ...place(part, pool), ms: number(given.seconds, given.quick ? 4 : 60) * 1_000 }),
            ),
          ),
      ];
    case 'mixed': {
      const long = async (): Promise<PartReport[]> => [
        await mixed({
          ...place(part, 'prefork'),
          ms: number(given.seconds, given.quick ? 7 : 60) * 1_000,
          visibilityMs: VISIBILITY_MS,
          patience: number(given.patience, 1),
        }),
      ];
      const kills = async (): Promise<PartReport[]> => [
        await storm({
          ...place('mixed-storm', 'prefork'),
          tasks: number(given.tasks, 10_000),
          kills: number(given.kills, 15),
          workers: number(given.workers, 3),
          poison: 0,
          pythons: 2,
          visibilityMs: VISIBILITY_MS,
          seed,
          patience: number(given.patience, 1),
        }),
      ];
      return given.quick ? [long] : [long, kills];
    }
    case 'faults':
      return [
        async () => [
          await faults({
            ...place(part, pools[0] ?? (given.quick ? 'async' : 'prefork')),
            leaseMs: number(given.lease, given.quick ? 2_000 : 10_000),
            visibilityMs: VISIBILITY_MS,
            seed,
            patience: number(given.patience, 1),
            isQuick: given.quick && given.fault === undefined,
            only: given.fault,
          }),
        ],
      ];
    case 'outages':
      return (pools.length > 0 ? pools : (['prefork'] as const)).map((pool) => async () => [
        await outages({
          ...place(part, pool),
          workers: number(given.workers, 3),
          awayMs: number(given.away, given.quick ? 800 : 3_000),
          seed,
          patience: number(given.patience, 1),
        }),
      ]);
    default:
      throw new Error(`Expected a part of storm, rolling, poison, long, mixed, outages or faults, got "${part}".`);
  }
}

function place(part: string, pool: PoolKind): RunPlace {
  const { store } = given;
  if (store !== 'embedded' && store !== 'redis')
    throw new Error(`Expected a store of embedded or redis, got "${store}".`);
  if (!poolKinds.includes(pool)) throw new Error(`Expected a pool of ${poolKinds.join(', ')}, got "${pool}".`);
  return {
    workerFile,
    folder: path.join(folder, `${part}-${pool}`),
    pool,
    store,
    leaseMs: store === 'redis' ? number(given.lease, given.quick ? 2_000 : 10_000) : undefined,
    concurrency: number(given.concurrency, pool === 'async' ? 20 : 2),
  };
}

function show(report: PartReport, seed: number): void {
  const { text, ...rest } = report;
  if (given.json) {
    console.log(JSON.stringify({ ...rest, seed }));
    return;
  }
  const verdict =
    report.problems.length === 0 ? 'As promised.' : report.problems.map((each) => `WRONG: ${each}`).join('\n');
  console.log(`${text}\n\n${verdict}\n`);
}

function number(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`Expected a whole number, got "${text}".`);
  return value;
}

/** Now, at any cost. */
function end(code: number): void {
  killAll();
  tidy();
  process.exit(code);
}

function tidy(): void {
  if (given.keep || process.exitCode === 1) console.error(`Store and logs are in ${folder}`);
  else if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
