import type { TaskHead } from '../protocol/index.js';

/** Most values that are remembered of one stamp; the oldest are forgotten first. */
const MOST = 10_000;

/** Stamps whose tasks are not to be started here. @source celery/worker/state.py `revoked_stamps` */
export class RevokedStamps {
  private readonly byName = new Map<string, Set<unknown>>();

  add(name: string, values: readonly unknown[]): void {
    const known = this.byName.get(name) ?? new Set();
    this.byName.set(name, known);
    for (const value of values) known.add(value);
    for (const oldest of known) {
      if (known.size <= MOST) return;
      known.delete(oldest);
    }
  }

  has({ stamps }: Pick<TaskHead, 'stamps'>): boolean {
    if (this.byName.size === 0) return false;
    for (const [name, revoked] of this.byName)
      if (valuesOf(stamps[name]).some((value) => revoked.has(value))) return true;
    return false;
  }
}

/** A stamp is one value or a list of them. */
export function valuesOf(stamp: unknown): readonly unknown[] {
  if (stamp === undefined || stamp === null) return [];
  return Array.isArray(stamp) ? (stamp as readonly unknown[]) : [stamp];
}
