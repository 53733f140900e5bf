import type { Admission } from '../broker.interface.js';

/** How long before its token is due a message may be in the hands of a worker. */
const HOLD_MS = 1_000;
/** The same where each worker has tokens of its own: who comes back may be taken by one that has none left, while others have, so each takes a few in advance. */
const OWN_HOLD_MS = 3_000;
/** A place in the line that nobody has claimed for so long is given up. */
const FORGET_MS = 60_000;
/** Who waits for longer comes back half-way, as limits may have changed. */
const LOOK_MS = 10_000;
/** Clocks differ by so much: who is that early has its turn, and who has none lets it pass. */
const EARLY_MS = 50;

/** As `admit.lua` is told. */
export const RATE_TIMES = [HOLD_MS, LOOK_MS, FORGET_MS, EARLY_MS] as const;

/** A bucket of one token, and those who wait for theirs. Times are milliseconds of one clock. */
export interface RateState {
  /** When the next token is there. */
  nextMs: number;
  /** When the last of those who wait has its turn. */
  lastTurnMs: number;
  /** When those who wait have theirs. */
  readonly turns: {
    get(taskId: string): number | undefined;
    set(taskId: string, turnMs: number): void;
    delete(taskId: string): void;
  };
}

export interface RateQuestion {
  readonly taskId: string;
  readonly intervalMs: number;
  readonly nowMs: number;
  /** Whether who comes back finds this line again: then nobody passes those who wait. */
  readonly isShared: boolean;
}

/**
 * Gives a message the next token where that is due soon, so that it can be held until then, and otherwise a turn at which it should come back: turns are as far apart as
 * tokens, so that nobody comes for nothing. Tokens are never closer than the interval, whoever comes late. `admit.lua` does the same.
 * @source kombu/utils/limits.py `TokenBucket`
 */
export function admit(state: RateState, { taskId, intervalMs, nowMs, isShared }: RateQuestion): Admission {
  const turnMs = state.turns.get(taskId);
  const tokenMs = Math.max(state.nextMs, nowMs);
  const isIdle = state.nextMs <= nowMs;
  const hasTurn = turnMs === undefined ? state.lastTurnMs <= nowMs - EARLY_MS : turnMs <= nowMs + EARLY_MS;
  const holdMs = isShared ? HOLD_MS : OWN_HOLD_MS;
  if (tokenMs - nowMs <= holdMs && (isIdle || hasTurn || !isShared)) {
    state.turns.delete(taskId);
    state.nextMs = tokenMs + intervalMs;
    return { as: 'run', inMs: tokenMs - nowMs };
  }
  let comesMs = turnMs;
  if (comesMs === undefined) {
    comesMs = Math.max(state.lastTurnMs + (isShared ? intervalMs : intervalMs / 2), tokenMs - holdMs / 2);
    state.lastTurnMs = comesMs;
  } else if (hasTurn) comesMs = Math.max(nowMs, tokenMs - holdMs) + holdMs / 2;
  state.turns.set(taskId, comesMs);
  const leftMs = comesMs - nowMs;
  return { as: 'wait', forMs: Math.min(leftMs, Math.max(LOOK_MS, leftMs / 2)) };
}

/** Until when turns have lapsed. */
export function lapsedUntil(nowMs: number): number {
  return nowMs - FORGET_MS;
}

/** A line of this process. */
export class RateLine implements RateState {
  nextMs = -Infinity;
  lastTurnMs = -Infinity;
  readonly turns = new Map<string, number>();

  /** As `admit`, and forgets who never came back. */
  admit(question: RateQuestion): Admission {
    const lapsedMs = lapsedUntil(question.nowMs);
    for (const [taskId, turnMs] of this.turns) {
      if (turnMs > lapsedMs) break;
      this.turns.delete(taskId);
    }
    return admit(this, question);
  }
}
