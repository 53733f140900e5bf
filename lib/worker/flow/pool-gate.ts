import type { Consumer, Delivery } from '../../brokers/index.js';
import type { Clock } from '../../time/index.js';
import type { Settler } from '../settler.js';
import type { TaskTraits } from '../task-traits.js';
import type { Lanes } from './lanes.js';

/** The hold on the queues that a message came by. */
export interface GateHold {
  readonly consumer: Pick<Consumer, 'now'>;
  readonly settler: Settler;
}

/**
 * Lets messages through for whose pool there is room. The others rest in the broker, where they take no slot and no credit and hold up nobody, and come back after a
 * while, to this worker or another one.
 */
export class PoolGate {
  constructor(
    private readonly lanes: Lanes,
    private readonly clock: Clock,
  ) {}

  admits({ pool }: TaskTraits): boolean {
    return this.lanes.of(pool).hasRoom(this.clock.monotonic());
  }

  async setAside(delivery: Delivery, { pool }: TaskTraits, { consumer, settler }: GateHold): Promise<void> {
    const { clock, lanes } = this;
    const untilMs = lanes.of(pool).nextReturn(consumer.now?.() ?? clock.now(), clock.monotonic());
    await settler.settle({ delivery, as: 'park', untilMs });
  }
}
