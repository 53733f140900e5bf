import { markdownTable } from '../tools/markdown-table.js';
import type { RunLogReader } from './run-log-reader.js';
import type { PartReport } from './run-rig.js';
import type { Hit, StormOptions } from './storm.js';
import { startedAt } from './strike.js';

/** What befell workers that lived and could not show it in time. */
export interface Lapses {
  readonly count: number;
  /** Ids of the tasks that were given to others, one for each time. */
  readonly taken: readonly string[];
}

interface StormFacts extends StormOptions {
  readonly seconds: number;
  readonly wrong: readonly string[];
  /** What did not hold in the store, at any of the looks. */
  readonly broken: readonly string[];
  readonly deadLetters: readonly { readonly reason: string; readonly taskId: string }[];
  readonly poisonIds: ReadonlySet<string>;
  readonly lapses: Lapses;
  /** How long the machine kept this run or its server waiting, at most. */
  readonly stalledMs: number;
  /** Messages that are left in the store and are no dead letters. */
  readonly left: number;
  readonly hits: readonly Hit[];
  readonly log: RunLogReader;
}

/** As often as a poisonous message is run; the library's default. */
const MOST_LOSSES = 3;
/** For so long poison may have left a worker without processes. */
const POISONED_MS = 10_000;
const CHILD_LIMIT_MS = 1_000;
/** After the end of its lease, where it has one. */
const WORKER_LIMIT_MS = 2_000;

/** Holds what was seen against what was promised. */
export function judgeStorm(facts: StormFacts): PartReport {
  const allowance = allowedRepeats(facts);
  const repeats = repeatsOf(facts.log, facts.poisonIds);
  const problems = [
    ...facts.wrong.slice(0, 20),
    ...facts.broken.slice(0, 20),
    ...deadLetterProblems(facts),
    ...(facts.lapses.count > 0 && !hadStalled(facts)
      ? [`${facts.lapses.count} times a worker that lived was taken for dead`]
      : []),
    ...(facts.left > 0 ? [`${facts.left} messages are left in the store`] : []),
    ...[...repeats]
      .filter(([task, count]) => count > (allowance.get(task) ?? 0))
      .map(
        ([task, count]) =>
          `task ${task} ran ${count + 1} times, though ${allowance.get(task) ?? 0} kills met it running`,
      ),
    ...facts.hits.flatMap((hit) => slowRecovery(hit, facts)),
  ];
  const counts = { kills: facts.hits.length, repeats: sum(repeats.values()), allowedRepeats: sum(allowance.values()) };
  const text = describe(facts, counts.repeats, counts.allowedRepeats);
  return { part: 'storm', pool: facts.pool, seconds: facts.seconds, counts, problems, text };
}

function allowedRepeats({ hits, log, lapses }: StormFacts): ReadonlyMap<string, number> {
  const allowed = new Map<string, number>();
  for (const taskId of lapses.taken) allowed.set(taskId, (allowed.get(taskId) ?? 0) + 1);
  for (const { strike } of hits) {
    for (const { taskId } of startedAt(strike, log)) allowed.set(taskId, (allowed.get(taskId) ?? 0) + 1);
  }
  return allowed;
}

function deadLetterProblems({ deadLetters, poisonIds, log }: StormFacts): readonly string[] {
  const innocents = deadLetters.filter(({ taskId }) => !poisonIds.has(taskId));
  const buried = new Set(deadLetters.map(({ taskId }) => taskId));
  const spared = [...poisonIds].filter((id) => !buried.has(id));
  const runs = [...poisonIds].map((id) => log.starts.get(id)?.length ?? 0);
  return [
    ...innocents.map(({ taskId, reason }) => `task ${taskId} is a dead letter (${reason}), though it does no harm`),
    ...spared.map((id) => `task ${id} is no dead letter, though it ends its process each time`),
    ...(deadLetters.length > buried.size ? ['a message is a dead letter more than once'] : []),
    ...runs
      .filter((count) => count > MOST_LOSSES)
      .map((count) => `a poisonous message ran ${count} times, more than ${MOST_LOSSES}`),
  ];
}

function repeatsOf(log: RunLogReader, poisonIds: ReadonlySet<string>): ReadonlyMap<string, number> {
  const repeated = [...log.starts].filter(([task, runs]) => runs.length > 1 && !poisonIds.has(task));
  return new Map(repeated.map(([task, runs]) => [task, runs.length - 1]));
}

/** Whether a worker could not be sure to be heard several times in a lease, whatever it did. */
function hadStalled({ stalledMs, hits, leaseMs = Infinity }: StormFacts): boolean {
  return Math.max(stalledMs, longestStandstill(hits)) > leaseMs / 5;
}

/**
 * What counts as recovered after a kill. Where poison takes processes as well there may be none to go on in until others have booted: then it
 * is that a worker's messages were given back.
 */
function recoveryMs({ strike, recovery }: Hit, { poisonIds }: StormFacts): number | undefined {
  if (strike.kind === 'worker') return poisonIds.size > 0 ? recovery.releasedMs : recovery.takenMs;
  const times = [recovery.againMs, recovery.replacedMs].filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Whether poison began while it was waited for what was cut off. */
function metPoison({ strike }: Hit, { log, poisonIds }: StormFacts, withinMs: number): boolean {
  const isNear = (atMs: number): boolean => Math.abs(atMs - strike.atMs) < withinMs;
  return [...poisonIds].some((id) => log.starts.get(id)?.some(({ atMs }) => isNear(atMs)));
}

function slowRecovery(hit: Hit, facts: StormFacts): readonly string[] {
  const { log, patience, leaseMs = 0 } = facts;
  const { kind, pid, held } = hit.strike;
  const atStake = kind === 'worker' ? held.length : startedAt(hit.strike, log).length;
  if (atStake === 0) return []; // nothing has to come back
  if (kind === 'child' && metPoison(hit, facts, POISONED_MS)) return [];
  const limit = (kind === 'worker' ? WORKER_LIMIT_MS : CHILD_LIMIT_MS) * patience + (kind === 'worker' ? leaseMs : 0);
  const time = recoveryMs(hit, facts);
  if (time !== undefined && time <= limit) return [];
  return [
    `recovery after the death of ${kind} ${pid} took ${time === undefined ? 'too long' : `${Math.round(time)} ms`}, more than ${limit} ms`,
  ];
}

function describe(facts: StormFacts, repeats: number, allowed: number): string {
  const rows = facts.hits.map((hit) => {
    const { strike, recovery } = hit;
    const { releasedMs, takenMs, againMs, replacedMs } = recovery;
    const started = startedAt(strike, facts.log).length;
    const round = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms));
    return [
      strike.kind,
      strike.held.length,
      started,
      round(releasedMs),
      round(takenMs),
      round(againMs),
      round(replacedMs),
    ];
  });
  const head = [
    'killed',
    'held',
    'of them begun',
    'released, ms',
    'taken by others, ms',
    'begun again, ms',
    'child replaced, ms',
  ];
  const times = (kind: string): number[] =>
    facts.hits.filter(({ strike }) => strike.kind === kind).flatMap((hit) => recoveryMs(hit, facts) ?? []);
  const [children, workers] = [times('child'), times('worker')];
  return [
    `### ${facts.tasks} tasks, ${facts.hits.length} kills, ${facts.workers} workers: ${facts.pool} × ${facts.concurrency}, seed ${facts.seed}, ${facts.seconds.toFixed(1)} s`,
    '',
    markdownTable(head, rows),
    '',
    markdownTable(
      ['', 'asked', 'measured'],
      [
        ['tasks with the right result', String(facts.tasks), String(facts.tasks - facts.wrong.length)],
        ['broken invariants of the store, after each kill', '0', String(facts.broken.length)],
        ['messages left in the store', '0', String(facts.left)],
        ['dead letters, all of them poison', String(facts.poisonIds.size), String(facts.deadLetters.length)],
        ['living workers that were taken for dead', '0', String(facts.lapses.count)],
        ['longest that the machine kept all waiting', '', `${Math.round(facts.stalledMs)} ms`],
        ['longest that a worker was stopped before a kill', '', `${Math.round(longestStandstill(facts.hits))} ms`],
        ['repeats', `≤ ${allowed} (begun when killed, or taken from the living)`, String(repeats)],
        ['recovery after a child’s death', '< 1 s', spread(children)],
        [
          'recovery after a worker’s death',
          facts.leaseMs === undefined ? '< 2 s' : `< ${facts.leaseMs / 1_000} s of lease + 2 s`,
          spread(workers),
        ],
        ['last sign of an orphaned child', '', orphanText(facts)],
      ],
    ),
  ].join('\n');
}

/** How long children lived on after their worker was killed, as far as their log tells. */
function orphanText({ hits, log }: StormFacts): string {
  const times = hits
    .filter(({ strike }) => strike.kind === 'worker' && !strike.bodies.has(strike.pid))
    .map(({ strike }) => {
      const late = log.lines.filter((line) => line.atMs > strike.atMs && strike.bodies.has(line.pid));
      return Math.max(0, ...late.map((line) => line.atMs - strike.atMs));
    });
  return times.length === 0 ? '–' : spread(times);
}

function longestStandstill(hits: readonly Hit[]): number {
  return Math.max(0, ...hits.map(({ strike }) => strike.stoodMs));
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return '–';
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `median ${Math.round(median)} ms, worst ${Math.round(sorted.at(-1) ?? 0)} ms (${times.length})`;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
