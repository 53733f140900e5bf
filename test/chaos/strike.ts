import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, isStopped } from '../tools/proc.js';
import { until } from '../tools/until.js';
import type { WorkerProcess } from '../tools/worker-process.js';
import { nowMs, type RunLogReader } from './run-log-reader.js';
import type { HeldMessage, StoreEyes } from './store-eyes.js';

export type Victim = { readonly worker: WorkerProcess } | { readonly worker: WorkerProcess; readonly child: number };

/** A kill, and what was at stake. */
export interface Strike {
  readonly kind: 'worker' | 'child';
  readonly worker: number;
  readonly pid: number;
  readonly owner: string;
  /** On the clock of the run's log. */
  readonly atMs: number;
  /** What the worker held at that moment. */
  readonly held: readonly HeldMessage[];
  /** Processes that were killed with their bodies. */
  readonly bodies: ReadonlySet<number>;
  /** Children of the worker at that moment, killed or not. */
  readonly siblings: ReadonlySet<number>;
  /** How long the worker was made to stand still at a stretch, at most. */
  readonly stoodMs: number;
}

const STOP_MS = 10_000;
const ATTEMPTS = 50;

/**
 * Kills a process at a moment that is known: its worker is stopped first, so that nothing is taken or settled while it is looked at what
 * the worker holds and which bodies have begun; then the kill. A child is caught in the middle of a task, if it has any.
 * @returns nothing where a child was gone already, by what it ran
 */
export async function strike(victim: Victim, view: StoreEyes, log: RunLogReader): Promise<Strike | undefined> {
  return 'child' in victim
    ? strikeChild(victim.worker, victim.child, view, log)
    : strikeWorker(victim.worker, view, log);
}

async function strikeWorker(worker: WorkerProcess, view: StoreEyes, log: RunLogReader): Promise<Strike> {
  const stoppedMs = nowMs();
  await stopProcess(worker.pid);
  const facts = await factsOf(worker, view, log);
  const atMs = nowMs();
  worker.signal('SIGKILL');
  standing.delete(worker.pid);
  const bodies = new Set([...facts.siblings].filter(isAlive));
  return { ...facts, atMs, kind: 'worker', pid: worker.pid, bodies, stoodMs: atMs - stoppedMs };
}

async function strikeChild(
  worker: WorkerProcess,
  child: number,
  view: StoreEyes,
  log: RunLogReader,
): Promise<Strike | undefined> {
  let stoodMs = 0;
  for (let attempt = 1; ; attempt += 1) {
    const stoppedMs = nowMs();
    await stopProcess(worker.pid);
    if (!(await stopProcess(child))) {
      goOn(worker.pid);
      return undefined;
    }
    const facts = await factsOf(worker, view, log);
    const running = log.read().busy.get(child);
    const isCaught = facts.held.some(({ taskId }) => taskId === running);
    if (isCaught || attempt === ATTEMPTS) {
      const atMs = nowMs();
      process.kill(child, 'SIGKILL');
      goOn(child);
      goOn(worker.pid);
      stoodMs = Math.max(stoodMs, nowMs() - stoppedMs);
      return { ...facts, atMs, kind: 'child', pid: child, bodies: new Set([child]), stoodMs };
    }
    goOn(child);
    goOn(worker.pid);
    const triedMs = nowMs() - stoppedMs;
    stoodMs = Math.max(stoodMs, triedMs);
    await pause(Math.max(3, triedMs)); // one that stands still for most of the time would lose its lease to this test
  }
}

async function factsOf(
  worker: WorkerProcess,
  view: StoreEyes,
  log: RunLogReader,
): Promise<Pick<Strike, 'worker' | 'owner' | 'held' | 'siblings'>> {
  const owner = await view.ownerOf(worker.pid);
  if (owner === undefined) throw new Error(`Worker ${worker.pid} is not known to the store.`);
  const siblings = new Set(log.read().booted.get(worker.pid));
  return { worker: worker.pid, owner, held: await view.heldBy(owner), siblings };
}

/** Messages whose bodies had begun in what was killed: those that may run again. */
export function startedAt({ held, bodies }: Strike, log: RunLogReader): readonly HeldMessage[] {
  const started = log.startedIn(bodies);
  return held.filter(({ taskId }) => started.has(taskId));
}

/** How long it took until things went on. @unit milliseconds */
export interface Recovery {
  /** The worker's messages were no longer its own. */
  readonly releasedMs?: number | undefined;
  /** All of them were taken by others. */
  readonly takenMs?: number | undefined;
  /** A task that was cut off began again. */
  readonly againMs?: number | undefined;
  /** A new child of the same worker ran something. */
  readonly replacedMs?: number | undefined;
}

/** Waits until what was at stake has gone on elsewhere, for as long as it may take. */
export async function watchRecovery(
  hit: Strike,
  view: StoreEyes,
  log: RunLogReader,
  withinMs: number,
): Promise<Recovery> {
  const cutOff = new Set(startedAt(hit, log.read()).map(({ taskId }) => taskId));
  const from = log.lines.length;
  const atStake = hit.kind === 'child' ? cutOff.size : hit.held.length;
  if (atStake === 0) return {};
  let releasedMs: number | undefined;
  let takenMs: number | undefined;
  for (;;) {
    if (hit.kind === 'worker' && takenMs === undefined) {
      const { stillOwned, waiting } = await view.fateOf(hit.held, hit.owner);
      const now = nowMs() - hit.atMs;
      if (stillOwned === 0) releasedMs ??= now;
      if (stillOwned === 0 && waiting === 0) takenMs = now;
    }
    const { againMs, replacedMs } = readStarts(hit, log.read(), Math.max(0, from - 1_000), cutOff);
    const isOver = (hit.kind === 'worker' ? takenMs : againMs) !== undefined;
    if (isOver || nowMs() - hit.atMs > withinMs) {
      return { releasedMs, takenMs, againMs, replacedMs };
    }
    await pause(5);
  }
}

function readStarts(
  hit: Strike,
  log: RunLogReader,
  from: number,
  cutOff: ReadonlySet<string>,
): Pick<Recovery, 'againMs' | 'replacedMs'> {
  let againMs: number | undefined;
  let replacedMs: number | undefined;
  for (let at = from; at < log.lines.length; at += 1) {
    const line = log.lines[at];
    if (line?.fact !== 'start' || line.atMs < hit.atMs) continue;
    if (cutOff.has(line.subject) && !hit.bodies.has(line.pid)) againMs ??= line.atMs - hit.atMs;
    if (line.parent === hit.worker && !hit.siblings.has(line.pid)) replacedMs ??= line.atMs - hit.atMs;
  }
  return { againMs, replacedMs };
}

/** A process that stands still cannot see that it should end. */
const standing = new Set<number>();
process.on('exit', () => {
  for (const pid of standing) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
});

function goOn(pid: number): void {
  standing.delete(pid);
  if (isAlive(pid)) process.kill(pid, 'SIGCONT');
}

/** @returns whether it was there */
async function stopProcess(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  standing.add(pid);
  process.kill(pid, 'SIGSTOP');
  await until(() => isStopped(pid) || !isAlive(pid), {
    withinMs: STOP_MS,
    everyMs: 1,
    what: `Process ${pid} stands still`,
  });
  return isAlive(pid);
}
