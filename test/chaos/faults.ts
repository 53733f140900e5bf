import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { markdownTable } from '../tools/markdown-table.js';
import { until } from '../tools/until.js';
import type { Allowance, Fault } from './faults/fault.js';
import { keyFaults } from './faults/key-faults.js';
import { otherFaults } from './faults/other-faults.js';
import { serverFaults } from './faults/outage-faults.js';
import { pythonFaults } from './faults/python-faults.js';
import { reapings } from './faults/reapers.js';
import { Scene } from './faults/scene.js';
import { suspensions } from './faults/suspended.js';
import { nowMs } from './run-log-reader.js';
import { RunRig, type PartReport, type RunPlace } from './run-rig.js';

export interface FaultsOptions extends RunPlace {
  readonly leaseMs: number;
  readonly visibilityMs: number;
  readonly seed: number;
  readonly patience: number;
  readonly isQuick: boolean;
  /** Only those whose names hold this text. */
  readonly only?: string | undefined;
}

interface Outcome {
  readonly fault: string;
  readonly tasks: number;
  readonly right: number;
  readonly lost: number;
  /** What the server itself had forgotten. */
  readonly forgotten: number;
  readonly repeats: number;
  readonly allowed: number;
  readonly dead: number;
  readonly broken: number;
  readonly resumedMs: number | undefined;
  readonly problems: readonly string[];
}

const FAULTS = [...suspensions, ...reapings, ...serverFaults, ...keyFaults, ...pythonFaults, ...otherFaults];
const RESUME_MS = 5_000;
const RESULT_MS = 60_000;

/** One fault after another, each on a server and workers of its own that are at work: a row for each of what came of it. */
export async function faults(options: FaultsOptions): Promise<PartReport> {
  const { isQuick, only = '', leaseMs, visibilityMs, patience } = options;
  const startedAt = performance.now();
  const chosen = FAULTS.filter(({ name, isQuick: inQuick = false }) => name.includes(only) && (!isQuick || inQuick));
  const outcomes: Outcome[] = [];
  for (const [at, fault] of chosen.entries()) {
    const beganAt = performance.now();
    const outcome = await suffer(fault, { ...options, folder: path.join(options.folder, String(at)) });
    outcomes.push(outcome);
    const verdict = outcome.problems.length === 0 ? 'as promised' : `WRONG: ${outcome.problems.join('; ')}`;
    console.error(
      `${at + 1}/${chosen.length} ${fault.name}: ${verdict} (${((performance.now() - beganAt) / 1_000).toFixed(0)} s)`,
    );
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const rows = outcomes.map((outcome) => [
    outcome.fault,
    String(outcome.tasks),
    String(outcome.right),
    `${outcome.lost}${outcome.forgotten > 0 ? ` (${outcome.forgotten} forgotten by the server)` : ''}`,
    `${outcome.repeats} (≤ ${outcome.allowed})`,
    String(outcome.dead),
    String(outcome.broken),
    outcome.resumedMs === undefined ? 'never' : `${Math.round(outcome.resumedMs)} ms`,
    outcome.problems.length === 0 ? 'yes' : 'NO',
  ]);
  const head = [
    'fault',
    'tasks',
    'right',
    'lost',
    'ran again',
    'dead',
    'broken invariants',
    'work went on',
    'as promised',
  ];
  const text = [
    `### Faults under load: lease ${leaseMs / 1_000} s, visibility timeout ${visibilityMs / 1_000} s, ${seconds.toFixed(0)} s`,
    '',
    markdownTable(head, rows),
  ].join('\n');
  const problems = outcomes.flatMap((outcome) => outcome.problems.map((problem) => `${outcome.fault}: ${problem}`));
  const counts = { faults: outcomes.length, tasks: sum(outcomes.map(({ tasks }) => tasks)), patience };
  return { part: 'faults', pool: options.pool, seconds, counts, problems, text };
}

async function suffer(fault: Fault, options: FaultsOptions): Promise<Outcome> {
  const rig = await RunRig.open({ ...options, ...fault.place });
  const scene = new Scene(rig, options);
  try {
    return await new FaultRun(fault, options, scene).toEnd();
  } catch (error) {
    const { message } = error as Error;
    return { fault: fault.name, tasks: scene.tasks.size, right: 0, lost: 0, forgotten: 0, repeats: 0, allowed: 0, dead: 0, broken: 0, resumedMs: undefined, problems: [message] }; // prettier-ignore
  } finally {
    await scene.close();
    await rig.close();
  }
}

class FaultRun {
  readonly #problems: string[] = [];

  constructor(
    private readonly fault: Fault,
    private readonly options: FaultsOptions,
    private readonly scene: Scene,
  ) {}

  async toEnd(): Promise<Outcome> {
    const { fault, scene, options } = this;
    const { fleet, view, client } = scene.rig;
    const workers = fault.workers ?? 3;
    await scene.loadScripts();
    await Promise.all(Array.from({ length: workers }, () => fleet.start(fault.change)));
    scene.feed();
    await scene.untilAllWork();
    if (fault.isUnderLoad === false) await scene.rest();
    const allowance: Allowance = (await fault.inject(scene)) ?? {};
    const overMs = allowance.overMs ?? nowMs();
    const { limitMs = RESUME_MS } = allowance;
    const confirmed = this.confirmed(allowance);
    const broken = [...(await this.lastingProblems(confirmed))];
    scene.feed();
    const resumedMs = allowance.resumedMs ?? (await scene.untilAllWork(overMs));
    if (allowance.resumedMs !== undefined) await scene.untilAllWork();
    await scene.rest();
    const { right, wrong } = await this.checkResults(allowance);
    broken.push(...(await this.lastingProblems(this.confirmed(allowance))));
    await fleet.stop();
    broken.push(...(await view.problems(this.confirmed(allowance), true)));
    const left = await view.countMessages();
    const dead = await client.tasks.deadLetters.count('celery');
    const { repeats, forgotten, lost } = this.count(allowance);
    const allowed = allowance.repeats ?? 0;
    this.#problems.push(
      ...(allowance.problems ?? []),
      ...new Set(broken.slice(0, 10)),
      ...wrong.slice(0, 10),
      ...(repeats > allowed ? [`${repeats} tasks ran again, more than ${allowed}`] : []),
      ...(dead === (allowance.dead ?? 0) ? [] : [`${dead} dead letters, not ${allowance.dead ?? 0}`]),
      ...(left > 0 ? [`${left} messages are left in the store`] : []),
      ...(lost > 0 ? [`${lost} tasks never ran to their end`] : []),
      ...(resumedMs > limitMs * options.patience ? [`it took ${Math.round(resumedMs)} ms until work went on`] : []),
    );
    const counts = { right, lost, forgotten, repeats, allowed, dead, broken: broken.length };
    return { fault: fault.name, tasks: scene.tasks.size, ...counts, resumedMs, problems: this.#problems };
  }

  /** What a Python worker has acknowledged and not yet done is nowhere for a moment. */
  private async lastingProblems(ids: readonly string[]): Promise<readonly string[]> {
    const { view } = this.scene.rig;
    const isPassing = (problem: string): boolean => problem.endsWith('neither in the store nor settled.');
    let problems = await view.problems(ids);
    const look = async (): Promise<boolean> => {
      if (!problems.some(isPassing)) return true;
      const now = new Set(await view.problems(ids));
      problems = problems.filter((problem) => !isPassing(problem) || now.has(problem));
      return false;
    };
    await until(look, { withinMs: RESUME_MS, everyMs: 50, what: '' }).catch(() => undefined);
    return problems;
  }

  /** What the server has promised to keep, and had no reason to forget. */
  private confirmed({ forgottenBeforeMs = 0 }: Allowance): readonly string[] {
    return [...this.scene.tasks].filter(([, { sentMs }]) => sentMs > forgottenBeforeMs).map(([id]) => id);
  }

  private async checkResults(allowance: Allowance): Promise<{ right: number; wrong: readonly string[] }> {
    const { tasks } = this.scene.rig.client;
    const wrong: string[] = [];
    const ids = this.confirmed(allowance);
    const deadline = performance.now() + RESULT_MS;
    for (const id of ids) {
      const timeout = Math.max(1, Math.round(deadline - performance.now()));
      const result = await tasks
        .result(id)
        .get({ timeout, propagate: false })
        .catch((error: unknown) => error);
      const value = result instanceof Error ? result.name : result;
      const expected = this.scene.tasks.get(id)?.expected;
      if (value !== expected) wrong.push(`task ${id}: expected ${String(expected)}, got ${String(value)}`);
    }
    return { right: ids.length - wrong.length, wrong };
  }

  /** By the log of what ran: results may have gone with the server. */
  private count({ forgottenBeforeMs = 0, keptBeforeMs = 0 }: Allowance) {
    const { tasks, rig } = this.scene;
    const { starts, lines } = rig.log.read();
    const ended = new Set(lines.filter(({ fact }) => fact === 'end').map(({ subject }) => subject));
    const never = [...tasks].filter(([id, { expected }]) => !ended.has(id) && expected !== 'TaskRevokedError');
    const isForgotten = ([, { sentMs }]: (typeof never)[number]): boolean =>
      sentMs <= forgottenBeforeMs && sentMs > keptBeforeMs;
    return {
      repeats: sum([...starts].map(([id, runs]) => (tasks.has(id) ? runs.length - 1 : 0))),
      forgotten: never.filter(isForgotten).length,
      lost: never.filter((each) => !isForgotten(each)).length,
    };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
