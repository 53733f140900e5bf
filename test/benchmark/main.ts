import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import path from 'node:path';
import { killAll } from '../tools/worker-process.js';
import type { Scale } from './bench.js';
import { describeFinding, type Finding } from './figure.js';
import { callCost } from './measures/call-cost.js';
import { calls } from './measures/calls.js';
import { canvas } from './measures/canvas.js';
import { compute } from './measures/compute.js';
import { control } from './measures/control.js';
import { drain } from './measures/drain.js';
import { enqueue } from './measures/enqueue.js';
import { events } from './measures/events.js';
import { growth } from './measures/growth.js';
import { idle } from './measures/idle.js';
import { lateness } from './measures/lateness.js';
import { latency } from './measures/latency.js';
import { mixedPools } from './measures/mixed-pools.js';
import { redisDelayed } from './measures/redis-delayed.js';
import { redisDepth } from './measures/redis-depth.js';
import { redisDrain } from './measures/redis-drain.js';
import { redisEnqueue } from './measures/redis-enqueue.js';
import { redisGrowth } from './measures/redis-growth.js';
import { redisIdle } from './measures/redis-idle.js';
import { redisLatency } from './measures/redis-latency.js';
import { talk } from './measures/talk.js';

const measures: Readonly<Record<string, (scale: Scale) => Promise<Finding>>> = {
  enqueue,
  drain,
  compute,
  calls,
  'call-cost': callCost,
  talk,
  latency,
  'mixed-pools': mixedPools,
  lateness,
  idle,
  growth,
  events,
  control,
  canvas,
  'redis-enqueue': redisEnqueue,
  'redis-drain': redisDrain,
  'redis-latency': redisLatency,
  'redis-delayed': redisDelayed,
  'redis-depth': redisDepth,
  'redis-idle': redisIdle,
  'redis-growth': redisGrowth,
};

const help = `Figures of this machine, as Markdown tables. Nothing fails on a figure.

  npm run benchmark [-- OPTIONS] [NAME…]

  NAME                ${Object.keys(measures).join(', ')},
                      or the beginning of several, such as redis (default: all)
  --quick             smaller runs, too short to judge growth and idling by
  --cpu-prof FOLDER   CPU profiles of the workers and their children`;

const { values: given, positionals: names } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** One part that has not ended by then hangs. */
const LONGEST_MS = 20 * 60_000;

if (given.help) console.log(help);
else await main();

async function main(): Promise<void> {
  const chosen = names.flatMap((name) => (name in measures ? [name] : startingWith(name)));
  const unknown = names.find((name) => !(name in measures) && startingWith(name).length === 0);
  if (unknown !== undefined)
    throw new Error(`Expected names of ${Object.keys(measures).join(', ')}, got "${unknown}".`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(130));

  const scale: Scale = {
    isQuick: given.quick,
    execArgv:
      given['cpu-prof'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(given['cpu-prof'])}`],
    of: (full, quick) => (given.quick ? quick : full),
  };
  const processors = cpus();
  console.log(
    `Node ${process.version}, ${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, load ${loadavg()[0]?.toFixed(1)}${given.quick ? ', quick' : ''}\n`,
  );
  for (const name of names.length > 0 ? chosen : Object.keys(measures)) await runOne(name, scale);
}

function startingWith(name: string): readonly string[] {
  return Object.keys(measures).filter((each) => each.startsWith(`${name}-`));
}

/** What one of them finds is printed at once; if one cannot be measured, the others are. */
async function runOne(name: string, scale: Scale): Promise<void> {
  const limit = setTimeout(() => {
    console.error(`"${name}" took longer than ${LONGEST_MS / 60_000} minutes and was ended.`);
    end(1);
  }, LONGEST_MS);
  try {
    const finding = await measures[name]?.(scale);
    if (finding !== undefined) console.log(describeFinding(finding));
  } catch (error) {
    console.error(`"${name}" could not be measured:`, error);
    process.exitCode = 1;
  } finally {
    clearTimeout(limit);
  }
}

function end(code: number): void {
  killAll();
  process.exit(code);
}
