import { InvalidOptionError, nearestName } from '../errors/index.js';
import {
  checkLimits,
  resolveRateLimit,
  type RateLimit,
  type ResolvedRateLimit,
  type ResolvedWorkerOptions,
} from '../options/index.js';
import type { TaskTraits } from './task-traits.js';

/** Limits of a task's running time that hold instead of those it was declared with. @unit milliseconds */
export interface TaskTimeLimits {
  /** Left out for none. */
  readonly hardMs?: number | undefined;
  readonly softMs?: number | undefined;
}

/** What a worker says of all its tasks. */
export type TaskDefaults = Partial<
  Pick<ResolvedWorkerOptions, 'timeLimitMs' | 'softTimeLimitMs' | 'disableRateLimits'>
>;

/** The tasks that this worker runs, as it runs them now. */
export class KnownTasks {
  private readonly byName: Map<string, TaskTraits>;

  constructor(tasks: readonly TaskTraits[], options: TaskDefaults) {
    this.byName = new Map(tasks.map((task) => [task.name, withDefaults(task, options)]));
  }

  [Symbol.iterator](): Iterator<TaskTraits> {
    return this.byName.values();
  }

  get(name: string): TaskTraits | undefined {
    return this.byName.get(name);
  }

  all(): readonly TaskTraits[] {
    return [...this.byName.values()];
  }

  nearest(name: string): string | undefined {
    return nearestName(name, this.byName.keys());
  }

  /**
   * For what begins from now on and says nothing itself; one that is left out is none.
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError} for a limit that is none, and a soft one that is not below the hard one
   * @source celery/worker/control.py `time_limit`
   */
  setTimeLimits(name: string, { hardMs, softMs }: TaskTimeLimits): boolean {
    checkMs(hardMs, 'timeLimit');
    checkMs(softMs, 'softTimeLimit');
    checkLimits(softMs, hardMs, '');
    return this.change(name, { timeLimitMs: hardMs, limits: { hardMs, softMs } });
  }

  /**
   * For what begins from now on. A limit without a scope keeps the one that the task has.
   * @returns `false` where the task is unknown
   * @throws {InvalidOptionError | UnknownOptionError} for a limit that cannot be used, and whatever `check` throws
   * @source celery/worker/control.py `rate_limit`
   */
  setRateLimit(name: string, given: RateLimit | undefined, check: (limit: ResolvedRateLimit) => void): boolean {
    const limit = resolveRateLimit(given, 'rateLimit', this.byName.get(name)?.rateLimit?.scope);
    if (limit !== undefined) check(limit);
    return this.change(name, { rateLimit: limit });
  }

  private change(name: string, changes: Partial<TaskTraits>): boolean {
    const traits = this.byName.get(name);
    if (traits === undefined) return false;
    this.byName.set(name, { ...traits, ...changes });
    return true;
  }
}

function withDefaults(task: TaskTraits, options: TaskDefaults): TaskTraits {
  const rateLimit = options.disableRateLimits === true ? undefined : task.rateLimit;
  if (options.timeLimitMs === undefined && options.softTimeLimitMs === undefined) return { ...task, rateLimit };
  const hardMs = task.timeLimitMs ?? options.timeLimitMs;
  const softMs = task.softTimeLimitMs ?? options.softTimeLimitMs;
  return { ...task, rateLimit, timeLimitMs: hardMs, limits: { hardMs, softMs } };
}

function checkMs(ms: number | undefined, option: string): void {
  if (ms === undefined || (Number.isFinite(ms) && ms > 0)) return;
  throw new InvalidOptionError(option, 'longer than 0; leave it out for none', ms);
}
