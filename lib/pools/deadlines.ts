import type { Clock, Timer } from '../time/index.js';
import { Roster, type Place } from './roster.js';

/** One running job's limit. */
export interface Deadline {
  readonly limitMs: number;
  readonly dueMs: number;
  readonly expire: () => void;
  /** In its lane. */
  place: Place<Deadline> | undefined;
}

interface Lane {
  readonly deadlines: Roster<Deadline>;
  timer: Timer;
}

/**
 * Time limits of running jobs. Jobs with an equal limit share a lane in which they fall due in order, so a lane needs one timer at most, set for its
 * oldest job and not touched when jobs end: setting and clearing a limit costs two operations on a list.
 */
export class Deadlines {
  readonly #lanes = new Map<number, Lane>();

  constructor(private readonly clock: Clock) {}

  /** Calls `expire` once, not before `limitMs` from now. */
  set(limitMs: number, expire: () => void): Deadline {
    const deadline: Deadline = { limitMs, dueMs: this.clock.monotonic() + limitMs, expire, place: undefined };
    let lane = this.#lanes.get(limitMs);
    if (!lane) {
      lane = { deadlines: new Roster(), timer: this.clock.setTimer(() => this.#look(limitMs), limitMs) };
      this.#lanes.set(limitMs, lane);
    }
    deadline.place = lane.deadlines.add(deadline);
    return deadline;
  }

  clear(deadline: Deadline): void {
    if (deadline.place) this.#lanes.get(deadline.limitMs)?.deadlines.remove(deadline.place);
  }

  /** Drops all of them. */
  close(): void {
    for (const lane of this.#lanes.values()) lane.timer.cancel();
    this.#lanes.clear();
  }

  #look(limitMs: number): void {
    const lane = this.#lanes.get(limitMs);
    if (!lane) return;
    for (let deadline = lane.deadlines.first; deadline; deadline = lane.deadlines.first) {
      const leftMs = deadline.dueMs - this.clock.monotonic();
      if (leftMs > 0) {
        lane.timer = this.clock.setTimer(() => this.#look(limitMs), leftMs);
        return;
      }
      this.clear(deadline);
      deadline.expire();
    }
    // An expiry may have closed everything, and begun anew.
    if (this.#lanes.get(limitMs) === lane) this.#lanes.delete(limitMs);
  }
}
