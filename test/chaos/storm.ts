import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { CompleteSignature } from 'nest-task-queue';
import { valueOf } from '../fixtures/apps/chaos/chaos.tasks.js';
import { isAlive } from '../tools/proc.js';
import type { PythonWorker } from '../tools/python-worker.js';
import { until } from '../tools/until.js';
import { MachineWatch } from './machine-watch.js';
import { startPython } from './python-beside.js';
import { Random } from './random.js';
import { nowMs } from './run-log-reader.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';
import { judgeStorm, type Lapses } from './storm-report.js';
import { strike, watchRecovery, type Recovery, type Strike, type Victim } from './strike.js';

export interface StormOptions extends RunPlace {
  readonly tasks: number;
  readonly kills: number;
  readonly workers: number;
  /** Messages among the tasks that end the process they run in, each time. */
  readonly poison: number;
  /** Celery workers on the same queue, which are not killed. @defaultValue 0 */
  readonly pythons?: number;
  readonly seed: number;
  /** How many times longer than promised a recovery may take, where the machine has other work as well. */
  readonly patience: number;
}

export interface Hit {
  readonly strike: Strike;
  readonly recovery: Recovery;
}

const RECOVERY_MS = 15_000;
const START_MS = 120_000;
const CHUNK = 500;
/** For as long as a message may be in a Python worker's hands alone. */
const PASSING_MS = 10_000;

/**
 * Sends tasks to some workers and kills workers and children of theirs at random moments. There is work to do at each kill: before it a part
 * of the tasks is sent, and it comes when a random number of them have begun; those that are left keep the others busy.
 */
export async function storm(options: StormOptions): Promise<PartReport> {
  const rig = await RunRig.open(options);
  try {
    return await new StormRun(options, rig).toEnd();
  } finally {
    await rig.close();
  }
}

class StormRun {
  readonly #random: Random;
  /** One half workers, the other half children, where there are any. */
  readonly #kinds: ('worker' | 'child')[];
  readonly #hits: Hit[] = [];
  /** Of each task the number it was given; of a poisonous one nothing. */
  readonly #values = new Map<string, number | undefined>();
  readonly #restarts: Promise<unknown>[] = [];
  readonly #broken: string[] = [];

  constructor(
    private readonly options: StormOptions,
    private readonly rig: RunRig,
  ) {
    this.#random = new Random(options.seed);
    const places = Array.from({ length: options.kills }, (_, at) => at);
    this.#kinds = this.#random.shuffled(places).map((at) => (at % 2 === 0 ? 'worker' : 'child'));
  }

  async toEnd(): Promise<PartReport> {
    const { tasks, workers } = this.options;
    const { fleet, client, view, log } = this.rig;
    await Promise.all(Array.from({ length: workers }, () => fleet.start()));
    const pythons = await this.startPythons();
    const startedAt = performance.now();
    const watch = new MachineWatch(() => view.ping());
    await this.strikeAll();
    await this.send(tasks - this.#values.size);
    const wrong = await this.checkResults();
    await watch.close();
    const seconds = (performance.now() - startedAt) / 1_000;
    await Promise.all(this.#restarts);
    await fleet.stop();
    await Promise.all(pythons.map((worker) => worker.stop()));
    const deadLetters = await client.tasks.deadLetters.list('celery', { limit: 1_000 });
    await this.checkStore('in the end', true);
    const left = await view.countMessages();
    const broken = this.#broken;
    return judgeStorm({
      ...this.options,
      seconds,
      wrong,
      broken,
      deadLetters: deadLetters.map(({ reason, message }) => ({ reason, taskId: String(message.headers['id']) })),
      poisonIds: new Set([...this.#values].filter(([, n]) => n === undefined).map(([id]) => id)),
      lapses: lapsesIn(readFileSync(`${this.options.folder}/workers.log`, 'utf8')),
      stalledMs: watch.longestMs,
      left,
      hits: this.#hits,
      log: log.read(),
    });
  }

  private async startPythons(): Promise<readonly PythonWorker[]> {
    const { pythons = 0, visibilityMs = 0, folder } = this.options;
    const { redis } = this.rig.server ?? {};
    if (pythons === 0 || redis === undefined) return [];
    const start = (): Promise<PythonWorker> => startPython({ redis, folder, queues: ['celery'], visibilityMs });
    return Promise.all(Array.from({ length: pythons }, start));
  }

  /** Each task that was sent is in the store once, or has ended; and all else that holds at any instant. */
  private async checkStore(when: string, isAbandoned = false): Promise<void> {
    const problems = await this.lastingProblems(isAbandoned);
    this.#broken.push(...problems.map((problem) => `${when}: ${problem}`));
  }

  /** What a Python worker takes it acknowledges before it runs it: while it runs it is nowhere. */
  private async lastingProblems(isAbandoned: boolean): Promise<readonly string[]> {
    const look = (): Promise<readonly string[]> => this.rig.view.problems(this.#values.keys(), isAbandoned);
    let problems = await look();
    const isPassing = (problem: string): boolean => problem.endsWith('neither in the store nor settled.');
    for (let untilMs = nowMs() + PASSING_MS; (this.options.pythons ?? 0) > 0 && problems.some(isPassing);) {
      if (nowMs() > untilMs) break;
      await pause(20);
      const lasting = new Set(await look());
      problems = problems.filter((problem) => !isPassing(problem) || lasting.has(problem));
    }
    return problems;
  }

  /** Two at once now and then, of different workers. */
  private async strikeAll(): Promise<void> {
    const { tasks, kills } = this.options;
    const { fleet, log } = this.rig;
    const part = Math.floor(tasks / (kills + 1));
    while (this.#hits.length < kills) {
      await until(() => fleet.workers.size >= 2, { withinMs: START_MS, what: 'Two workers are up' });
      const at = log.read().starts.size + part * (0.1 + this.#random.next() * 0.4);
      await this.send(part);
      await until(() => log.read().starts.size >= at, {
        withinMs: START_MS,
        everyMs: 2,
        what: `${Math.round(at)} tasks have begun`,
        detail: () => `${log.starts.size} have.`,
      });
      const isDouble = this.#hits.length + 1 < kills && this.#random.next() < 0.2;
      await Promise.all(this.chooseVictims(isDouble ? 2 : 1).map((victim) => this.strikeOne(victim)));
      await this.checkStore(`after kill ${this.#hits.length}`);
    }
  }

  private async send(count: number): Promise<void> {
    const { chaos, tasks } = this.rig.client;
    for (let left = count; left > 0; left -= CHUNK) {
      const first = this.#values.size;
      const numbers = Array.from({ length: Math.min(CHUNK, left) }, (_, at) => first + at);
      const { results } = await tasks.sendMany(
        numbers.map((n): CompleteSignature =>
          this.isPoison(n)
            ? chaos.poison.s(n % 2 === 0 ? 'exit' : 'kill')
            : chaos.work.s(n, this.#random.next() * 2, this.#random.below(20)),
        ),
      );
      results.forEach((result, at) => this.#values.set(result.id, this.isPoison(first + at) ? undefined : first + at));
    }
  }

  /** Evenly among the others. */
  private isPoison(n: number): boolean {
    const { poison, tasks } = this.options;
    if (poison === 0) return false;
    const every = Math.floor(tasks / poison);
    return n % every === Math.floor(every / 2) && n < every * poison;
  }

  private async strikeOne(victim: Victim): Promise<void> {
    const { fleet, view, log } = this.rig;
    const hit = await strike(victim, view, log);
    if (hit === undefined) return void this.#kinds.push('child');
    if (hit.kind === 'worker') {
      fleet.workers.delete(victim.worker);
      this.#restarts.push(fleet.start());
    }
    this.#hits.push({
      strike: hit,
      recovery: await watchRecovery(hit, view, log, RECOVERY_MS * this.options.patience),
    });
  }

  /** Of different workers. */
  private chooseVictims(count: number): readonly Victim[] {
    const workers = [...this.rig.fleet.workers];
    return Array.from({ length: Math.min(count, workers.length - 1) }, () => {
      const [worker] = workers.splice(this.#random.below(workers.length), 1);
      if (worker === undefined) throw new Error('No worker is left to be killed.');
      const children = this.rig.fleet.childrenOf(worker).filter((pid) => pid !== worker.pid && isAlive(pid));
      const child = this.#kinds.pop() === 'child' && children.length > 0 ? this.#random.of(children) : undefined;
      return child === undefined ? { worker } : { worker, child };
    });
  }

  /** Every task has a result, and its value is right. */
  private async checkResults(): Promise<readonly string[]> {
    const wrong: string[] = [];
    const ids = [...this.#values.keys()];
    for (let at = 0; at < ids.length; at += CHUNK) {
      await Promise.all(
        ids.slice(at, at + CHUNK).map(async (id) => {
          const n = this.#values.get(id);
          const expected = n === undefined ? 'WorkerLostError' : valueOf(n);
          const result = await this.rig.client.tasks.result(id).get({ timeout: '2m', propagate: false });
          const value = result instanceof Error ? result.name : result;
          if (value !== expected) wrong.push(`task ${id}: expected ${expected}, got ${String(value)}`);
        }),
      );
    }
    return wrong;
  }
}

/** How often a worker that lived was taken for dead, and the tasks that were taken from such workers, one for each time. */
function lapsesIn(workersLog: string): Lapses {
  const taken = workersLog.matchAll(/\[([^\]]+)\] is another worker's now/g);
  return {
    count: workersLog.split('Lost its hold on the queues').length - 1,
    taken: [...taken].map(([, taskId = '']) => taskId),
  };
}
