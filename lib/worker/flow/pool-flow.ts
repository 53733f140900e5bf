import { Credit } from '../credit.js';
import { InFlightTable } from '../in-flight.js';
import { LookAhead, type Paces } from '../look-ahead.js';
import { SuspectGate } from '../suspect-gate.js';
import type { WorkerSetup } from '../worker-setup.interface.js';
import type { Lane } from './lane.js';
import { Lanes } from './lanes.js';
import { PoolGate } from './pool-gate.js';

/** What decides how many messages a worker takes, and which of them may go to its pool. */
export interface PoolFlow {
  readonly inFlight: InFlightTable;
  readonly credit: Pick<Credit, 'isFixed' | 'most' | 'now'>;
  readonly paces: Paces;
  /** Of the pool that a task asks for. */
  readonly suspects: (pool: string | undefined) => SuspectGate;
  /** Present where there are several pools. */
  readonly gate: PoolGate | undefined;
  readonly lanes: readonly Lane[];
}

export function openFlow({ pool, pools, processes, options, clock }: WorkerSetup): PoolFlow {
  if (pools !== undefined) {
    const lanes = new Lanes(pools, options, clock);
    const { all, inFlight } = lanes;
    const suspects = (name: string | undefined): SuspectGate => lanes.suspectsOf(name);
    return { inFlight, credit: lanes.credit(), paces: lanes, suspects, gate: new PoolGate(lanes, clock), lanes: all };
  }
  const inFlight = new InFlightTable();
  const slots = (): number => pool.limit;
  const lookAhead = new LookAhead(slots, clock);
  const gate = new SuspectGate(processes);
  const credit = new Credit({ slots, lookAhead, inFlight, options });
  return { inFlight, credit, paces: lookAhead, suspects: () => gate, gate: undefined, lanes: [] };
}
