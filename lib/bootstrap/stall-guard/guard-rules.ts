import type { GuardedBody } from './guard-messages.js';

/** What the guard does at one look. */
export type GuardAction =
  | { readonly as: 'none' }
  | { readonly as: 'warn'; readonly silentMs: number }
  /** The body blocks the loop beyond its hard limit: it fails, the rest goes back, the process ends. */
  | { readonly as: 'end-body'; readonly body: GuardedBody }
  /** The loop is silent for too long: everything goes back to the queue. */
  | { readonly as: 'fence'; readonly silentMs: number };

export interface GuardLimits {
  readonly stallWarningMs: number;
  readonly stallTimeoutMs: number | undefined;
}

/** How long past a hard limit the loop may stay silent; while it runs, the pool enforces limits itself. */
const GRACE_MS = 1_000;

/** Decides from when the loop last gave a sign and from what runs. */
export function guard(
  nowMs: number,
  beatMs: number,
  bodies: Iterable<GuardedBody>,
  limits: GuardLimits,
  hasWarned: boolean,
): GuardAction {
  const silentMs = nowMs - beatMs;
  for (const body of bodies) {
    const deadline = body.startedAtMs + body.timeLimitMs;
    if (nowMs > deadline + GRACE_MS && beatMs < deadline + GRACE_MS / 2) return { as: 'end-body', body };
  }
  if (limits.stallTimeoutMs !== undefined && silentMs > limits.stallTimeoutMs) return { as: 'fence', silentMs };
  if (!hasWarned && silentMs > limits.stallWarningMs) return { as: 'warn', silentMs };
  return { as: 'none' };
}
