import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { valueOf } from '../fixtures/apps/chaos/chaos.tasks.js';
import { markdownTable } from '../tools/markdown-table.js';
import { until } from '../tools/until.js';
import { Random } from './random.js';
import { nowMs } from './run-log-reader.js';
import { RunRig, type PartReport, type RunPlace, type RunServer } from './run-rig.js';

export interface OutagesOptions extends RunPlace {
  readonly workers: number;
  readonly seed: number;
  /** How long the server is away, in those faults that say how long. */
  readonly awayMs: number;
  readonly patience: number;
}

interface Fault {
  readonly name: string;
  /** Resolves when the server can be reached again. */
  readonly inject: (server: RunServer, awayMs: number) => Promise<void>;
}

interface Outcome {
  readonly fault: string;
  /** Until each worker had begun a task again. */
  readonly resumedMs: number;
  readonly repeats: number;
  readonly lost: number;
  readonly broken: number;
}

const RESUME_MS = 5_000;
const CHUNK = 200;

const FAULTS: readonly Fault[] = [
  { name: 'Redis restarted, with an append-only file', inject: ({ redis }) => redis.restart() },
  {
    name: 'Redis killed, with an append-only file',
    inject: async ({ redis }, awayMs) => {
      await redis.kill('SIGKILL');
      await pause(awayMs);
      await redis.restart();
    },
  },
  {
    name: 'Redis stands still',
    inject: async ({ redis }, awayMs) => {
      await redis.kill('SIGSTOP');
      await pause(awayMs);
      await redis.kill('SIGCONT');
    },
  },
  {
    name: 'connections dropped and refused',
    inject: async ({ proxy }, awayMs) => {
      await proxy.drop();
      await pause(awayMs);
      await proxy.pass();
    },
  },
  {
    name: 'connections stall',
    inject: async ({ proxy }, awayMs) => {
      proxy.stall();
      await pause(awayMs);
      await proxy.pass();
    },
  },
  { name: 'connections half-closed to the workers', inject: async ({ proxy }) => proxy.halfClose('client') },
  { name: 'connections half-closed to Redis', inject: async ({ proxy }) => proxy.halfClose('server') },
  { name: 'CLIENT KILL of all', inject: ({ redis }) => tell(redis.url, ['CLIENT', 'KILL', 'TYPE', 'normal']) },
  { name: 'SCRIPT FLUSH', inject: ({ redis }) => tell(redis.url, ['SCRIPT', 'FLUSH']) },
];

/** Breaks the server and the connections to it while workers are busy: they go on by themselves, soon, and nothing is lost. */
export async function outages(options: OutagesOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  try {
    return await new OutageRun(options, rig).toEnd();
  } finally {
    await rig.close();
  }
}

class OutageRun {
  readonly #values = new Map<string, number>();
  readonly #problems: string[] = [];
  readonly #random: Random;

  constructor(
    private readonly options: OutagesOptions,
    private readonly rig: RunRig,
  ) {
    this.#random = new Random(options.seed);
  }

  async toEnd(): Promise<PartReport> {
    const { fleet, view, server } = this.rig;
    if (server === undefined) throw new Error('Outages need a server: they are for --store redis.');
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: this.options.workers }, () => fleet.start()));
    const outcomes: Outcome[] = [];
    for (const fault of FAULTS) outcomes.push(await this.suffer(fault, server));
    await this.checkResults();
    const survivors = fleet.workers.size;
    if (survivors < this.options.workers) this.#problems.push(`${this.options.workers - survivors} workers have ended`);
    await fleet.stop();
    this.#problems.push(...(await view.problems(this.#values.keys(), true)).slice(0, 20));
    const left = await view.countMessages();
    if (left > 0) this.#problems.push(`${left} messages are left in the store`);
    const dead = await this.rig.client.tasks.deadLetters.count('celery');
    if (dead > 0) this.#problems.push(`${dead} messages were dead-lettered`);
    return this.report(outcomes, (performance.now() - startedAt) / 1_000);
  }

  private async suffer({ name, inject }: Fault, server: RunServer): Promise<Outcome> {
    const { view } = this.rig;
    const repeatsBefore = this.repeats();
    await this.send(CHUNK);
    await this.everyWorkerBegins(nowMs(), 0, name);
    await inject(server, this.options.awayMs);
    const back = nowMs();
    const fresh = this.#values.size; // what was in their hands does not count
    await this.send(CHUNK);
    await this.everyWorkerBegins(back, fresh, name);
    const resumedMs = Math.max(...this.firstStarts(back, fresh).values()) - back;
    if (resumedMs > RESUME_MS * this.options.patience) {
      this.#problems.push(`after "${name}" it took ${Math.round(resumedMs)} ms until every worker went on`);
    }
    const broken = await view.problems(this.#values.keys());
    this.#problems.push(...broken.slice(0, 5).map((problem) => `after "${name}": ${problem}`));
    const lost = broken.filter((problem) => problem.includes('is lost')).length;
    return { fault: name, resumedMs, repeats: this.repeats() - repeatsBefore, lost, broken: broken.length };
  }

  /** Keeps them supplied until each has begun a task that was sent after so many, after that time. */
  private async everyWorkerBegins(after: number, from: number, fault: string): Promise<void> {
    const { view, fleet } = this.rig;
    await until(
      async () => {
        if ((await view.countMessages()) < CHUNK / 2) await this.send(CHUNK / 2);
        return this.firstStarts(after, from).size >= fleet.workers.size;
      },
      { withinMs: 60_000, everyMs: 20, what: `All workers go on after "${fault}"` },
    );
  }

  /** By worker. */
  private firstStarts(after: number, from: number): ReadonlyMap<number, number> {
    const { log, fleet } = this.rig;
    const workers = new Set([...fleet.workers].map(({ pid }) => pid));
    const first = new Map<number, number>();
    for (const { fact, subject, parent, pid, atMs } of log.read().lines) {
      if (fact !== 'start' || atMs < after || (this.#values.get(subject) ?? -1) < from) continue;
      const worker = workers.has(pid) ? pid : parent;
      if (workers.has(worker) && !first.has(worker)) first.set(worker, atMs);
    }
    return first;
  }

  private repeats(): number {
    let count = 0;
    for (const runs of this.rig.log.read().starts.values()) count += runs.length - 1;
    return count;
  }

  private async send(count: number): Promise<void> {
    const { chaos, tasks } = this.rig.client;
    const first = this.#values.size;
    const signatures = Array.from({ length: count }, (_, at) =>
      chaos.work.s(first + at, this.#random.next() * 2, this.#random.below(20)),
    );
    const { results } = await tasks.sendMany(signatures);
    results.forEach(({ id }, at) => this.#values.set(id, first + at));
  }

  private async checkResults(): Promise<void> {
    const wrong = await Promise.all(
      [...this.#values].map(async ([id, n]) => {
        const value = await this.rig.client.tasks.result<number>(id).get({ timeout: '2m', propagate: false });
        return value === valueOf(n) ? undefined : `task ${id}: expected ${valueOf(n)}, got ${String(value)}`;
      }),
    );
    this.#problems.push(...wrong.filter((each) => each !== undefined).slice(0, 20));
  }

  private report(outcomes: readonly Outcome[], seconds: number): PartReport {
    const { pool, concurrency, workers, awayMs, leaseMs } = this.options;
    const rows = outcomes.map(({ fault, resumedMs, repeats, lost, broken }) => [
      fault,
      String(lost),
      String(broken),
      String(repeats),
      `${Math.round(resumedMs)} ms`,
    ]);
    const title = `### Outages of ${awayMs / 1_000} s under load: ${workers} workers, ${pool} × ${concurrency}, lease ${(leaseMs ?? 10_000) / 1_000} s, ${this.#values.size} tasks, ${seconds.toFixed(1)} s`;
    const head = ['fault', 'lost', 'broken invariants', 'ran again', 'all workers went on after (< 5 s)'];
    const counts = {
      faults: outcomes.length,
      tasks: this.#values.size,
      worstResumeMs: Math.round(Math.max(...outcomes.map(({ resumedMs }) => resumedMs))),
    };
    const text = [title, '', markdownTable(head, rows)].join('\n');
    return { part: 'outages', pool, seconds, counts, problems: this.#problems, text };
  }
}

async function tell(url: string, [command, ...args]: readonly [string, ...string[]]): Promise<void> {
  const client = new Redis(url);
  try {
    await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
