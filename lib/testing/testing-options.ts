import { InvalidOptionError } from '../errors/index.js';
import {
  checkBoolean,
  checkGroup,
  checkInteger,
  refuseUnknownKeys,
  WORKER_OPTION_NAMES,
  type WorkerOptions,
} from '../options/index.js';
import { systemClock } from '../time/index.js';
import { seededRandom } from './seeded-random.js';

/** How tasks run in a test. What is left out is as the module's own `worker` group says. */
export interface TestingWorkerOptions extends WorkerOptions {
  /**
   * @defaultValue all queues that the application's tasks and schedules name, its default queue, and those of the module's own `worker.queues`
   */
  readonly queues?: readonly string[];
  /** Whether `@Schedule()` entries are sent when the clock reaches them. @defaultValue the module's `beat.enabled` */
  readonly beat?: boolean;
}

/** Options of `createTaskQueueTesting()`. */
export interface TaskQueueTestingOptions {
  /** Where the clock starts. Give one where schedules are tested. @defaultValue the present */
  readonly now?: Date | number;
  /** How tasks run; `false`: not at all, they only pile up, and `sent` shows them. */
  readonly worker?: false | TestingWorkerOptions;
  /**
   * Whether time stands still while a body runs: for tasks that do real I/O, such as queries to a real database, or hash and compress in the background. Leave it off where a body
   * waits for the clock, as one does that is to run into its time limit.
   * @defaultValue false
   */
  readonly holdTasks?: boolean;
  /** Makes the spread of retries (`retryJitter`) random, the same way each time. @defaultValue none: each retry waits its full back-off */
  readonly seed?: number;
}

/** With every default in place. */
export interface ResolvedTestingOptions {
  readonly nowMs: number;
  /** `undefined`: no worker. */
  readonly worker: WorkerOptions | undefined;
  readonly beat: boolean | undefined;
  readonly holdTasks: boolean;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** The largest number below 1: draws the full back-off. */
const FULL_BACKOFF = 1 - Number.EPSILON / 2;

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveTestingOptions(given: TaskQueueTestingOptions): ResolvedTestingOptions {
  checkGroup(given, 'the options of createTaskQueueTesting');
  refuseUnknownKeys(given, ['now', 'worker', 'holdTasks', 'seed'], '');
  const { worker: workerOption = {}, seed } = given;
  if (workerOption !== false) {
    checkGroup(workerOption, 'worker');
    refuseUnknownKeys(workerOption, [...WORKER_OPTION_NAMES, 'beat'], 'worker');
  }
  const { beat, ...worker } = workerOption === false ? {} : workerOption;
  return {
    nowMs: given.now === undefined ? Math.trunc(systemClock.now()) : momentOf(given.now, 'now'),
    worker: workerOption === false ? undefined : worker,
    beat: beat === undefined ? undefined : checkBoolean(beat, true, 'worker.beat'),
    holdTasks: checkBoolean(given.holdTasks, false, 'holdTasks'),
    random: seed === undefined ? () => FULL_BACKOFF : seededRandom(checkInteger(seed, 0, { min: 0 }, 'seed')),
  };
}

/** @returns milliseconds since the epoch */
export function momentOf(moment: Date | number, option: string): number {
  const ms = typeof moment === 'number' ? moment : moment instanceof Date ? moment.getTime() : NaN;
  if (!Number.isFinite(ms))
    throw new InvalidOptionError(option, 'a valid Date, or milliseconds since the epoch', moment);
  return ms;
}
