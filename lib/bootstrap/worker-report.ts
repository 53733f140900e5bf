import type { MessageFactory, SendRequest } from '../client/index.js';
import type { BeatEntry } from '../beat/index.js';
import type { ScheduleEntry } from '../nest/index.js';
import type { ResolvedBeatOptions, ResolvedSerializationOptions, ResolvedTasksOptions, WorkerOptions } from '../options/index.js';
import { scheduleFromData, type ScheduleData } from '../schedules/index.js';
import type { RunnableTask } from '../tasks/index.js';
import { parseDuration, type Clock } from '../time/index.js';
import type { TaskTraits } from '../worker/index.js';

/** What an application tells the supervisor, which does not boot it itself: plain data that crosses processes. */
export interface WorkerReport {
  readonly tasks: readonly TaskTraits[];
  readonly schedules: readonly ScheduleReport[];
  readonly options: ReportedOptions;
}

/** The module's options, as far as a supervisor acts on them. */
export interface ReportedOptions {
  readonly broker: { readonly url: string };
  readonly results: { readonly url: string | undefined; readonly expiresMs: number; readonly extended: boolean };
  readonly tasks: ResolvedTasksOptions;
  readonly worker: WorkerOptions;
  readonly beat: ResolvedBeatOptions;
  readonly serialization: ResolvedSerializationOptions;
}

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
  return { name, acksLate, acksOnFailure, acksOnTimeout, ignoreResult, storeErrorsEvenIfIgnored, timeLimitMs };
}

export function reportSchedule({ name, schedule, task, args, kwargs, options }: ScheduleEntry, declared: RunnableTask | undefined): ScheduleReport {
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

/** The entry as beat needs it. */
export function toBeatEntry(report: ScheduleReport, messages: MessageFactory, clock: Clock): BeatEntry {
  const { name, schedule, request, expiresInMs } = report;
  return {
    name,
    schedule: scheduleFromData(schedule),
    message: () =>
      messages.create(expiresInMs === undefined ? request : { ...request, expiresMs: clock.now() + expiresInMs }),
  };
}
