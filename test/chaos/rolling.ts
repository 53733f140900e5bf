import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { valueOf } from '../fixtures/apps/chaos/chaos.tasks.js';
import { markdownTable } from '../tools/markdown-table.js';
import { until } from '../tools/until.js';
import type { WorkerProcess } from '../tools/worker-process.js';
import { Random } from './random.js';
import type { RunLogReader } from './run-log-reader.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';

export interface RollingOptions extends RunPlace {
  readonly tasks: number;
  readonly workers: number;
  /** How often each of them is replaced. */
  readonly rounds: number;
  readonly seed: number;
}

/** One worker that went. */
interface Leave {
  readonly pid: number;
  readonly activeTasks: number;
  readonly tookMs: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** As `terminationGracePeriodSeconds` of Kubernetes, after which a SIGKILL follows. */
const GRACE_MS = 30_000;
const START_MS = 120_000;
const CHUNK = 500;
/** One in so many tasks takes as long as a request to somebody slow. */
const SLOW_EVERY = 50;
const SLOW_MS = 2_000;

/**
 * Replaces workers under load as a rolling update does: the new one is up first, the old one gets SIGTERM and has its time to end. Nothing may be lost,
 * and nothing that was begun may begin again: a warm shutdown finishes what runs and gives back what does not.
 */
export async function rolling(options: RollingOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  try {
    return await new RollingRun(options, rig).toEnd();
  } finally {
    await rig.close();
  }
}

class RollingRun {
  readonly #random: Random;
  readonly #values = new Map<string, number>();
  readonly #leaves: Leave[] = [];

  constructor(
    private readonly options: RollingOptions,
    private readonly rig: RunRig,
  ) {
    this.#random = new Random(options.seed);
  }

  async toEnd(): Promise<PartReport> {
    const { tasks, workers, rounds, folder } = this.options;
    const { fleet, view, log } = this.rig;
    const old = await Promise.all(Array.from({ length: workers }, () => fleet.start()));
    const startedAt = performance.now();
    const leaves = workers * rounds;
    const part = Math.floor(tasks / (leaves + 1));
    for (let at = 0; at < leaves; at += 1) {
      old.push(await fleet.start());
      const begun = log.read().starts.size + part * (0.1 + this.#random.next() * 0.4);
      await this.send(part);
      const what = `${Math.round(begun)} tasks have begun`;
      await until(() => log.read().starts.size >= begun, { withinMs: START_MS, everyMs: 2, what });
      await this.replace(old.shift() as WorkerProcess);
    }
    await this.send(tasks - this.#values.size);
    const wrong = await this.wrongResults();
    const seconds = (performance.now() - startedAt) / 1_000;
    await fleet.stop();
    const left = await view.countMessages();
    const broken = await view.problems(this.#values.keys(), true);
    const workersLog = readFileSync(`${folder}/workers.log`, 'utf8');
    return this.judge({ seconds, wrong, left, broken, workersLog, log: log.read() });
  }

  private async replace(worker: WorkerProcess): Promise<void> {
    const { log } = this.rig;
    const pids = new Set([worker.pid, ...this.rig.fleet.childrenOf(worker)]);
    const activeTasks = [...log.read().busy.keys()].filter((pid) => pids.has(pid)).length;
    const askedAt = performance.now();
    const { code, signal, atMs } = await worker.stop(GRACE_MS);
    this.#leaves.push({ pid: worker.pid, activeTasks, tookMs: atMs - askedAt, code, signal });
  }

  private async send(count: number): Promise<void> {
    const { chaos, tasks } = this.rig.client;
    for (let left = count; left > 0; left -= CHUNK) {
      const first = this.#values.size;
      const numbers = Array.from({ length: Math.min(CHUNK, left) }, (_, at) => first + at);
      const waitOf = (n: number): number =>
        n % SLOW_EVERY === 0 ? this.#random.below(SLOW_MS) : this.#random.below(20);
      const { results } = await tasks.sendMany(numbers.map((n) => chaos.work.s(n, this.#random.next() * 2, waitOf(n))));
      results.forEach((result, at) => this.#values.set(result.id, first + at));
    }
  }

  private async wrongResults(): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const [id, n] of this.#values) {
      const value = await this.rig.client.tasks.result(id).get({ timeout: '2m', propagate: false });
      if (value !== valueOf(n)) wrong.push(`task ${id}: expected ${valueOf(n)}, got ${String(value)}`);
    }
    return wrong;
  }

  private judge(facts: {
    readonly seconds: number;
    readonly wrong: readonly string[];
    readonly left: number;
    readonly broken: readonly string[];
    readonly workersLog: string;
    readonly log: RunLogReader;
  }): PartReport {
    const { pool, tasks, workers, concurrency, seed } = this.options;
    const again = [...facts.log.starts].filter(([, starts]) => starts.length > 1);
    const bad = this.#leaves.filter(({ code, signal }) => code !== 0 || signal !== null);
    const lapses = facts.workersLog.split('Lost its hold on the queues').length - 1;
    const problems = [
      ...facts.wrong.slice(0, 20),
      ...facts.broken.slice(0, 20),
      ...again.slice(0, 20).map(([task, starts]) => `task ${task} began ${starts.length} times`),
      ...bad.map(({ pid, code, signal }) => `worker ${pid} ended with ${signal ?? `code ${code}`} instead of code 0`),
      ...(facts.left > 0 ? [`${facts.left} messages are left in the store`] : []),
      ...(lapses > 0 ? [`${lapses} times a worker that lived was taken for dead`] : []),
    ];
    const slowest = Math.max(...this.#leaves.map(({ tookMs }) => tookMs));
    const text = [
      `### ${tasks} tasks, ${workers} workers replaced one after the other, ${this.#leaves.length} times: ${pool} × ${concurrency}, seed ${seed}, ${facts.seconds.toFixed(1)} s`,
      '',
      markdownTable(
        ['worker', 'bodies that ran at SIGTERM, of one a process', 'ended after, ms', 'code'],
        this.#leaves.map(({ pid, activeTasks, tookMs, code, signal }) => [
          pid,
          activeTasks,
          Math.round(tookMs),
          signal ?? code ?? '',
        ]),
      ),
      '',
      markdownTable(
        ['', 'asked', 'measured'],
        [
          ['tasks with the right result', String(tasks), String(tasks - facts.wrong.length)],
          ['tasks that began more than once', '0', String(again.length)],
          ['messages left in the store', '0', String(facts.left)],
          ['workers that ended with code 0', String(this.#leaves.length), String(this.#leaves.length - bad.length)],
          ['slowest end', `< ${GRACE_MS / 1_000} s`, `${Math.round(slowest)} ms`],
        ],
      ),
    ].join('\n');
    const counts = { leaves: this.#leaves.length, again: again.length, slowestMs: Math.round(slowest) };
    return { part: 'rolling', pool, seconds: facts.seconds, counts, problems, text };
  }
}
