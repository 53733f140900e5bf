import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CompleteSignature } from 'nest-task-queue';
import { valueOf } from '../fixtures/apps/chaos/chaos.tasks.js';
import { markdownTable } from '../tools/markdown-table.js';
import { RedisMonitor } from '../tools/redis-monitor.js';
import { poolKinds } from './fleet.js';
import { startPython } from './python-beside.js';
import { nowMs } from './run-log-reader.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';

export interface MixedOptions extends RunPlace {
  /** How long a task runs, and how far in the future another is due: many times the visibility timeout. */
  readonly ms: number;
  readonly visibilityMs: number;
  readonly patience: number;
}

const PYTHONS = 2;
const ETAS = 20;
/** At each look so many short tasks go to each side, so that both are at work. */
const SHORT = 10;
const LOOK_MS = 500;
/** After it was due, on a machine that is busy. */
const LATE_MS = 5_000;

type Kind = 'long' | 'eta' | 'short';

interface Sent {
  readonly kind: Kind;
  readonly expected: number;
  /** On the clock of the run's log. */
  readonly dueMs: number;
}

/** Long tasks and tasks of later on Nest workers, beside Python workers that take what is held for longer than a moment for given up: each runs once. */
export async function mixed(options: MixedOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  try {
    return await new MixedRun(options, rig).toEnd();
  } finally {
    await rig.close();
  }
}

class MixedRun {
  readonly #sent = new Map<string, Sent>();
  readonly #problems: string[] = [];
  #looks = 0;

  constructor(
    private readonly options: MixedOptions,
    private readonly rig: RunRig,
  ) {}

  async toEnd(): Promise<PartReport> {
    const { redis } = this.rig.server ?? {};
    if (redis === undefined) throw new Error('Python workers share a server with Nest: it is for --store redis.');
    const { folder, visibilityMs, concurrency } = this.options;
    const startedAt = performance.now();
    for (const pool of poolKinds) await this.rig.fleet.start({ pool, concurrency: pool === 'async' ? 4 : concurrency });
    const pythons = await Promise.all(
      Array.from({ length: PYTHONS }, () => startPython({ redis, folder, queues: ['python'], visibilityMs })),
    );
    const sweeps = await SweepCount.open(redis.url);
    try {
      await this.sendLong();
      await this.watchUntil(nowMs() + this.options.ms);
      await this.checkResults();
      await this.rig.fleet.stop();
      await Promise.all(pythons.map((worker) => worker.stop()));
      await this.look(true);
      return await this.report(sweeps.count, (performance.now() - startedAt) / 1_000);
    } finally {
      sweeps.close();
      await Promise.all(pythons.map((worker) => worker.kill()));
    }
  }

  /** Of the long ones one computes and the others wait, so that not all pools are blocked; and what is due after that time. */
  private async sendLong(): Promise<void> {
    const { ms } = this.options;
    const { chaos } = this.rig.client;
    await this.send('long', [chaos.compute.s(ms)], () => ms);
    await this.send('long', [0, 1, 2, 3].map((n) => chaos.work.s(n, 0, ms)), valueOf); // prettier-ignore
    const later = Array.from({ length: ETAS }, (_, n) => chaos.work.s(n, 0, 0).set({ countdown: ms }));
    await this.send('eta', later, valueOf, ms);
  }

  private async watchUntil(endMs: number): Promise<void> {
    const { chaos } = this.rig.client;
    while (nowMs() < endMs) {
      const numbers = Array.from({ length: SHORT }, (_, n) => n);
      const forPython = numbers.map((n) => chaos.work.s(n, 1, 5).set({ queue: 'python' }));
      await this.send('short', [...numbers.map((n) => chaos.work.s(n, 1, 5)), ...forPython], (n) => valueOf(n % SHORT));
      await this.look(false);
      await pause(LOOK_MS);
    }
  }

  private async send(
    kind: Kind,
    signatures: readonly CompleteSignature[],
    expected: (n: number) => number,
    inMs = 0,
  ): Promise<void> {
    const dueMs = nowMs() + inMs;
    const { results } = await this.rig.client.tasks.sendMany(signatures);
    results.forEach(({ id }, n) => this.#sent.set(id, { kind, expected: expected(n), dueMs }));
  }

  /** What Python workers take they acknowledge before they run it: it may be nowhere for as long as it runs there, and only that. */
  private async look(isOver: boolean): Promise<void> {
    this.#looks += 1;
    const own = [...this.#sent].filter(([, { kind }]) => isOver || kind !== 'short').map(([id]) => id);
    this.#problems.push(...(await this.rig.view.problems(own, isOver)));
  }

  private async checkResults(): Promise<void> {
    await Promise.all(
      [...this.#sent].map(async ([id, { kind, expected }]) => {
        const result = this.rig.client.tasks.result<number>(id);
        const value = await result.get({ timeout: '2m', propagate: false });
        if (value !== expected) this.#problems.push(`a ${kind} task should give ${expected}, got ${String(value)}`);
      }),
    );
  }

  private async report(sweeps: number, seconds: number): Promise<PartReport> {
    const { ms, visibilityMs, patience, pool, leaseMs = 10_000 } = this.options;
    const problems = [...new Set(this.#problems)];
    const starts = this.rig.log.read().starts;
    const runsOf = (kind: Kind): { tasks: number; runs: number } => {
      const ids = [...this.#sent].filter(([, sent]) => sent.kind === kind).map(([id]) => id);
      return { tasks: ids.length, runs: ids.reduce((sum, id) => sum + (starts.get(id)?.length ?? 0), 0) };
    };
    for (const [id, { kind }] of this.#sent) {
      const runs = starts.get(id)?.length ?? 0;
      if (runs !== 1) problems.push(`a ${kind} task ran ${runs} times (${id})`);
    }
    const lateness = [...this.#sent]
      .filter(([, { kind }]) => kind === 'eta')
      .map(([id, { dueMs }]) => (starts.get(id)?.[0]?.atMs ?? Infinity) - dueMs);
    const [earliest, latest] = [Math.min(...lateness), Math.max(...lateness)];
    if (earliest < -100) problems.push(`a task began ${Math.round(-earliest)} ms before it was due`);
    if (latest > LATE_MS * patience) problems.push(`a task began ${Math.round(latest)} ms after it was due`);
    const leastSweeps = Math.floor(ms / 1_000 / 2);
    if (sweeps < leastSweeps) problems.push(`Python workers looked ${sweeps} times for what is given up, too seldom`);
    const left = await this.rig.view.countMessages();
    if (left > 0) problems.push(`${left} messages are left in the store`);
    const [long, eta, short] = [runsOf('long'), runsOf('eta'), runsOf('short')];
    const text = [
      `### Tasks of ${ms / 1_000} s beside ${PYTHONS} Python workers with a visibility timeout of ${visibilityMs / 1_000} s: one Nest worker of each pool, lease ${leaseMs / 1_000} s, ${seconds.toFixed(1)} s`,
      '',
      markdownTable(
        ['', 'asked', 'measured'],
        [
          [`runs of ${long.tasks} tasks of ${ms / 1_000} s on Nest`, String(long.tasks), String(long.runs)],
          [`runs of ${eta.tasks} tasks due in ${ms / 1_000} s on Nest`, String(eta.tasks), String(eta.runs)],
          ['began after they were due', '≥ 0 ms', `${Math.round(earliest)} to ${Math.round(latest)} ms`],
          [`runs of ${short.tasks} short tasks on both meanwhile`, String(short.tasks), String(short.runs)],
          ['looks of Python workers for what is given up', `≥ ${leastSweeps}`, String(sweeps)],
          [`broken invariants, at ${this.#looks} looks`, '0', String(new Set(this.#problems).size)],
        ],
      ),
    ].join('\n');
    return { part: 'mixed', pool, seconds, counts: { long: long.runs, eta: eta.runs, sweeps }, problems, text };
  }
}

/** How often kombu has looked for what is older than its visibility timeout: nobody else reads the index from its end. */
class SweepCount {
  count = 0;

  private constructor(private readonly monitor: RedisMonitor) {}

  static async open(url: string): Promise<SweepCount> {
    const { hostname, port } = new URL(url);
    let sweeps: SweepCount | undefined;
    const monitor = await RedisMonitor.open({ host: hostname, port: Number(port) }, (command, key, ...args) => {
      const isBackwards = /^zrevrangebyscore$/i.test(command) || args.includes('REV');
      if (sweeps !== undefined && key === 'unacked_index' && isBackwards) sweeps.count += 1;
    });
    sweeps = new SweepCount(monitor);
    return sweeps;
  }

  close(): void {
    this.monitor.close();
  }
}
