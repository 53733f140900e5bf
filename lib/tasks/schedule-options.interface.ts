import type { Schedule } from '../schedules/index.js';
import type { Duration } from '../time/index.js';
import type { TaskOptionsFactory } from './task-options.interface.js';

/** A schedule made when the application starts, from providers it has; `null` or `false` for none. */
export type ScheduleFactory = TaskOptionsFactory<Schedule | null | false>;

/** How a schedule entry sends its task; what is left out is as for any other sender of it. */
export interface ScheduleSendOptions {
  readonly queue?: string;
  /** 0 to 9, higher is more urgent. */
  readonly priority?: number;
  /** Not run later than this after it was due: a worker that was down does not catch up with what is no longer wanted. */
  readonly expires?: Duration;
  readonly timeLimit?: Duration;
  readonly softTimeLimit?: Duration;
  readonly ignoreResult?: boolean;
  /** Name shown in events and logs. */
  readonly shadow?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** What a schedule entry sends, and what it is called. */
export interface ScheduleEntryOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /**
   * Identifies the entry in the claims of its ticks and in logs; equal in all processes, unique in the application.
   * @defaultValue `Class.method`; `Class.method#2` for the second schedule of a method, and so on
   */
  readonly name?: string;
  /** @defaultValue none */
  readonly args?: Args;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: ScheduleSendOptions;
}
