import { Horizon } from './horizon.js';

/** Those that are due so close together come back at once. */
const GROUP_MS = 25;

/** When messages that were set aside come back. */
export interface ReturnPace {
  /** None comes back sooner. */
  readonly restMs: number;
  /** One comes back for each. */
  readonly gapMs: number;
}

/** Has messages come back one after the other, as soon as may be; where they are more than fit before the horizon, more of them at once. */
export class ReturnPlan {
  private readonly horizon = new Horizon();
  /** Messages by the group they come back with, without those that are due. */
  private readonly groups = new Map<number, number>();
  private first = -Infinity;
  private cursor = 0;
  /** Messages that a group takes. */
  private room = 0;

  /** @param nowMs of the clock that the answer is of @param monotonicMs of one that only moves forward */
  next({ restMs, gapMs }: ReturnPace, nowMs: number, monotonicMs: number): number {
    const last = Math.floor((nowMs + this.horizon.next(monotonicMs)) / GROUP_MS);
    const first = Math.ceil((nowMs + restMs) / GROUP_MS);
    const size = Math.max(1, GROUP_MS / gapMs);
    if (first !== this.first) this.begin(first, size, nowMs);
    while ((this.groups.get(this.cursor) ?? 0) >= this.room) {
      this.cursor += 1;
      if (this.cursor <= last) continue;
      this.cursor = first;
      this.room += size;
    }
    this.groups.set(this.cursor, (this.groups.get(this.cursor) ?? 0) + 1);
    return this.cursor * GROUP_MS;
  }

  private begin(first: number, size: number, nowMs: number): void {
    this.first = this.cursor = first;
    this.room = size;
    for (const group of this.groups.keys()) if (group * GROUP_MS <= nowMs) this.groups.delete(group);
  }
}
