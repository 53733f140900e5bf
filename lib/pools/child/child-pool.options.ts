import { InvalidOptionError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import type { JobCodec } from '../pool.interface.js';
import type { ChildExit } from './crew.js';
import type { ChildLauncher, Traffic } from './launcher.interface.js';
import type { ChildRecycling } from './recycler.js';
import type { ChildStall } from './stall-watch.js';

/** Most jobs that may wait inside one child. */
export const MOST_LOOK_AHEAD = 1_024;

export interface ChildPoolOptions<Job, Reply> {
  /** As children and logs know it. */
  readonly name: string;
  readonly launcher: ChildLauncher;
  readonly codec: JobCodec<Job, Reply>;
  readonly clock: Clock;
  /** Processes or threads to begin with; a function decides by what the first one reported. */
  readonly children: number | ((report: unknown) => number);
  /** Jobs after which a child is replaced; its successor boots first, while it goes on. @defaultValue none */
  readonly maxJobs?: number | undefined | ((report: unknown) => number | undefined);
  /** Bodies that each runs at once. @defaultValue 1 */
  readonly slots?: number | undefined;
  /** Jobs that may wait inside each child, so that a short one follows another without a round trip; at most 1024. @defaultValue 0 */
  readonly lookAhead?: number | undefined;
  /**
   * By how much children give way to this process when all cores are busy, on the scale of `nice`; threads only where the system has a priority for each, as Linux does.
   * @defaultValue 0
   */
  readonly niceness?: number | undefined;
  /** What children are told in their role. Must survive JSON. */
  readonly data?: unknown;
  /** How long a child may take to close its application when the pool stops; then it is killed. @unit milliseconds @defaultValue 5000 */
  readonly leaveGraceMs?: number | undefined;
  /** Told of children that do not turn their event loops for so long, by what the first one reported, while bodies run in them. @defaultValue nobody */
  readonly stalls?: {
    readonly afterMs: (report: unknown) => number;
    readonly onStalled: (stall: ChildStall) => void;
  };
  /** Told when a child is about to retire, since its successor is up. */
  readonly onRecycled?: ((recycling: ChildRecycling) => void) | undefined;
  /** Told of each child that ends, for whatever reason. */
  readonly onChildExit?: ((exit: ChildExit) => void) | undefined;
}

/** What the pool has done, for benchmarks. Frames over `jobs` say what a job costs in talk, writes and reads over `jobs` how well it is put together. */
export interface PoolTraffic extends Traffic {
  /** Jobs that were done. */
  readonly jobs: number;
}

/** @throws {InvalidOptionError} unless it is a whole number from `least` to `most` */
export function wholeNumber(option: string, value: number, least: number, most = Infinity): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new InvalidOptionError(
    option,
    `a whole number from ${least}${most === Infinity ? ' on' : ` to ${most}`}`,
    value,
  );
}
