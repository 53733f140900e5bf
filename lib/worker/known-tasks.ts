import { InvalidOptionError, nearestName } from '../errors/index.js';
import { checkLimits } from '../options/index.js';
import type { TaskTraits } from './task-traits.js';

/** Limits of a task's running time that hold instead of those it was declared with. @unit milliseconds */
export interface TaskTimeLimits {
  /** Left out for none. */
  readonly hardMs?: number | undefined;
  readonly softMs?: number | undefined;
}

/** The tasks that this worker runs, as it runs them now. */
export class KnownTasks {
  private readonly byName: Map<string, TaskTraits>;

  constructor(tasks: readonly TaskTraits[]) {
    this.byName = new Map(tasks.map((task) => [task.name, task]));
  }

  get(name: string): TaskTraits | undefined {
    return this.byName.get(name);
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

  private change(name: string, changes: Partial<TaskTraits>): boolean {
    const traits = this.byName.get(name);
    if (traits === undefined) return false;
    this.byName.set(name, { ...traits, ...changes });
    return true;
  }
}

function checkMs(ms: number | undefined, option: string): void {
  if (ms === undefined || (Number.isFinite(ms) && ms > 0)) return;
  throw new InvalidOptionError(option, 'longer than 0; leave it out for none', ms);
}
