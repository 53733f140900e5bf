import type { SendRequest } from '../client/index.js';
import type { ScheduleData } from '../schedules/index.js';
import type { RunnableTask } from '../tasks/index.js';
import { parseDuration } from '../time/index.js';
import type { TaskTraits } from '../worker/index.js';
import type { ScheduleEntry } from './discovery/task-explorer.js';
import type { ResolvedModuleOptions } from './module-options.js';

/** What an application tells the supervisor, which does not boot it itself: plain data that crosses processes. */
export interface WorkerReport {
  readonly tasks: readonly TaskTraits[];
  readonly schedules: readonly ScheduleReport[];
  /** Names of the application's own control commands. */
  readonly commands: readonly string[];
  readonly options: ReportedOptions;
}

/** The module's options, as far as a supervisor acts on them. */
export type ReportedOptions = Pick<
  ResolvedModuleOptions,
  'broker' | 'results' | 'tasks' | 'worker' | 'beat' | 'control' | 'serialization'
>;

/** One schedule entry, with what its task declares filled in. */
export interface ScheduleReport {
  readonly name: string;
  readonly schedule: ScheduleData;
  readonly request: Omit<SendRequest, 'expiresMs'>;
  /** Counted from the tick's sending. */
  readonly expiresInMs: number | undefined;
}

export function traitsOf({ name, options }: RunnableTask): TaskTraits {
  const { acksLate, acksOnFailure, acksOnTimeout, ignoreResult, storeErrorsEvenIfIgnored, timeLimitMs } = options;
  const { softTimeLimitMs, rateLimit, sendEvents: sendsEvents, pool, queue } = options;
  return {
    name,
    acksLate,
    acksOnFailure,
    acksOnTimeout,
    ignoreResult,
    storeErrorsEvenIfIgnored,
    timeLimitMs,
    softTimeLimitMs,
    sendsEvents,
    rateLimit,
    pool,
    queue,
  };
}

export function reportSchedule(
  { name, schedule, task, args, kwargs, options }: ScheduleEntry,
  declared: RunnableTask | undefined,
): ScheduleReport {
  const limit = (value: number | string | undefined, option: string): number | undefined =>
    value === undefined ? undefined : parseDuration(value, `${option} of schedule "${name}"`);
  const own = declared?.options;
  return {
    name,
    schedule: schedule.toData(),
    request: {
      task,
      args,
      kwargs,
      queue: options.queue ?? own?.queue,
      priority: options.priority ?? own?.priority,
      ignoreResult: options.ignoreResult ?? own?.ignoreResult,
      timeLimitMs: limit(options.timeLimit, 'timeLimit'),
      softTimeLimitMs: limit(options.softTimeLimit, 'softTimeLimit'),
      shadow: options.shadow,
      headers: options.headers,
    },
    expiresInMs: limit(options.expires, 'expires') ?? own?.expiresMs,
  };
}
