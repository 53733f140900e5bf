import type { Timer } from '../../time/index.js';
import type { Child } from './child.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;

/** One place in a crew: who serves there, and what is known of those who did. */
export class Post<Reply> {
  /** Boots or serves; `undefined` until another one is started in its place. */
  child: Child<Reply> | undefined;
  /** Boots while `child` still serves, to take its place. */
  successor: Child<Reply> | undefined;
  /** Until the next one is started. */
  delay: Timer | undefined;
  #failures = 0;

  constructor(readonly index: number) {}

  /**
   * How long to wait before the next one is started: none after one that did something, else longer each time.
   * @unit milliseconds
   */
  delayAfter(didWork: boolean): number {
    const failures = didWork ? 0 : this.#failures;
    this.#failures = didWork ? 0 : failures + 1;
    return didWork ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  }

  /** One has ended: who it waited for, or who served, whose successor takes over if there is one. `vacant`: somebody has to be started. */
  leave(child: Child<Reply>): 'vacant' | 'filled' {
    if (this.child === child) this.child = this.successor;
    else if (this.successor !== child) return 'filled';
    const isVacant = this.successor === undefined || this.successor === child;
    this.successor = undefined;
    return isVacant ? 'vacant' : 'filled';
  }

  /** The successor is up. Returns who served before. */
  succeed(successor: Child<Reply>): Child<Reply> | undefined {
    const before = this.child;
    this.child = successor;
    this.successor = undefined;
    this.#failures = 0;
    return before;
  }
}

/** The posts that a shrinking crew does without most easily: those where nobody serves yet, then those with the fewest jobs, the newest first. */
export function leastBusy<Reply>(posts: readonly Post<Reply>[], count: number): readonly Post<Reply>[] {
  const jobsOf = ({ child }: Post<Reply>): number => (!child || child.state === 'booting' ? -1 : child.count);
  return [...posts].sort((one, other) => jobsOf(one) - jobsOf(other) || other.index - one.index).slice(0, count);
}

/** The lowest index that no post has. */
export function freeIndex<Reply>(posts: readonly Post<Reply>[]): number {
  const taken = new Set(posts.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index++;
  return index;
}
