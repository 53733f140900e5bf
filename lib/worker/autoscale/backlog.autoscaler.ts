import type { Autoscaler, AutoscalerOptions, PoolLoad } from './autoscaler.interface.js';

/**
 * The default: a slot for each task in hand or waiting, at once when there are too few, and fewer when for the whole of `keepalive` fewer would have done.
 * @source Celery `celery.worker.autoscale`
 */
export class BacklogAutoscaler implements Autoscaler {
  /** Most that was needed since `size` was last needed in full. */
  private peak = 0;
  private sinceMs: number | undefined;

  constructor(private readonly options: Pick<AutoscalerOptions, 'keepaliveMs'>) {}

  decide(load: PoolLoad): number {
    const { size, nowMs } = load;
    const needed = neededFor(load);
    if (needed >= size) {
      this.sinceMs = undefined;
      return needed;
    }
    if (this.sinceMs === undefined) [this.sinceMs, this.peak] = [nowMs, 0];
    this.peak = Math.max(this.peak, needed);
    if (nowMs - this.sinceMs < this.options.keepaliveMs) return size;
    const { peak } = this;
    this.sinceMs = undefined;
    return peak;
  }
}

/** Where nobody knows what waits, a pool with all slots taken is taken for one child too small. */
function neededFor({ inHand, waiting, slots, size }: PoolLoad): number {
  if (waiting === undefined) return inHand >= size * slots ? size + 1 : Math.ceil(inHand / slots);
  return Math.ceil((inHand + waiting) / slots);
}
