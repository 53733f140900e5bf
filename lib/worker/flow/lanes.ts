import type { Clock } from '../../time/index.js';
import type { Credit } from '../credit.js';
import { InFlightTable, type InFlight } from '../in-flight.js';
import type { Paces } from '../look-ahead.js';
import type { SuspectGate } from '../suspect-gate.js';
import { Lane, type LaneOptions, type LanePool } from './lane.js';

/** Ended but unsettled tasks at which a worker stops taking more, as with one pool. */
const MOST_SETTLING = 64;

/** The pools of a worker that has several; the first is for tasks that ask for none that it has. */
export class Lanes implements Paces {
  readonly all: readonly Lane[];
  readonly inFlight: InFlightTable = new LanedInFlight(this);
  private readonly first: Lane;
  private readonly byName: ReadonlyMap<string | undefined, Lane>;

  constructor(
    pools: readonly LanePool[],
    private readonly options: LaneOptions,
    private readonly clock: Clock,
  ) {
    this.all = pools.map((pool) => new Lane(pool, options));
    this.first = this.all[0] as Lane;
    this.byName = new Map(this.all.map((lane) => [lane.name, lane]));
  }

  of(pool: string | undefined): Lane {
    return this.byName.get(pool) ?? this.first;
  }

  suspectsOf(pool: string | undefined): SuspectGate {
    return this.of(pool).suspects;
  }

  recordRun(_queue: string, runtimeMs: number, pool: string | undefined): void {
    this.of(pool).recordRun(runtimeMs);
  }

  pause(_queue: string, pool: string | undefined): void {
    this.of(pool).pause(this.clock.monotonic());
  }

  /**
   * How many messages the worker takes: as many as there is room for in all of its pools, though what comes may be for one that has none. Half of what may
   * wait in a pool has to have started before it counts again, so that takes bring several.
   */
  credit(): Pick<Credit, 'isFixed' | 'most' | 'now'> {
    const { all, clock, inFlight, options } = this;
    return {
      isFixed: options.prefetchMultiplier !== undefined,
      get most() {
        const most = sum(all, (lane) => lane.slots + lane.ahead(clock.monotonic()));
        return most === Infinity ? 0 : most;
      },
      now: (taken) => {
        const nowMs = clock.monotonic();
        const isFixed = options.prefetchMultiplier !== undefined;
        const most = sum(all, (lane) => lane.slots + lane.ahead(nowMs));
        if (inFlight.settling > Math.max(MOST_SETTLING, most)) return 0;
        return Math.max(0, sum(all, (lane) => roomIn(lane, nowMs, isFixed)) - taken);
      },
    };
  }
}

/** Counts what is in hand for each pool. */
class LanedInFlight extends InFlightTable {
  constructor(private readonly lanes: Lanes) {
    super();
  }

  override add(entry: InFlight): void {
    this.lanes.of(entry.traits.pool).inHand += 1;
    super.add(entry);
  }

  override end(entry: InFlight): void {
    this.lanes.of(entry.traits.pool).inHand -= 1;
    super.end(entry);
  }

  override remove(entry: InFlight): void {
    if (!entry.hasEnded) this.lanes.of(entry.traits.pool).inHand -= 1;
    super.remove(entry);
  }
}

function roomIn(lane: Lane, nowMs: number, isFixed: boolean): number {
  const [slots, ahead] = [lane.slots, lane.ahead(nowMs)];
  if (!isFixed && lane.inHand > slots + Math.floor(ahead / 2)) return 0;
  return Math.max(0, slots + ahead - lane.inHand);
}

function sum(lanes: readonly Lane[], of: (lane: Lane) => number): number {
  let total = 0;
  for (const lane of lanes) total += of(lane);
  return total;
}
