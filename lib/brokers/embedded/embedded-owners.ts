import { hostname } from 'node:os';
import { OwnerLock, type EmbeddedStore } from '../../connections/index.js';
import { createOwnerName } from '../virtual/owner-name.js';
import { ADD_OWNER, FENCE_ALL, HAS_OWNER, OWNERS, RELEASE_ALL, REMOVE_OWNER, RESTORE_ALL } from './message-sql.js';

/** Nobody takes that long from making a lock file to being entered. */
const STALE_MS = 3_600_000;

/** Enters a new owner, who lives as long as he has his lock. */
export async function enterOwner(
  store: EmbeddedStore,
  node: string,
): Promise<{ readonly owner: string; readonly lock: OwnerLock }> {
  const owner = createOwnerName();
  const lock = OwnerLock.tryTake(store, owner);
  if (lock === undefined) return enterOwner(store, node); // a name that was drawn before
  try {
    await store.write(() =>
      store.sql(ADD_OWNER).run(owner, node, process.pid, hostname(), Math.round(store.clock.now())),
    );
  } catch (error) {
    lock.remove();
    throw error;
  }
  return { owner, lock };
}

/** Removes the lock files of those who died before they were entered, or while they were being struck off. */
export async function sweepLockFiles(store: EmbeddedStore): Promise<void> {
  for (const owner of OwnerLock.listOlderThan(store, STALE_MS)) {
    if (await store.read(() => isEntered(store, owner))) continue;
    OwnerLock.tryTake(store, owner)?.remove();
  }
}

/** Within a job. */
export function isEntered(store: EmbeddedStore, owner: string): boolean {
  return store.sql(HAS_OWNER).get(owner) !== undefined;
}

/** Gives back what an owner holds, as if never taken, and strikes him off. */
export function leaveOwner(store: EmbeddedStore, owner: string): Promise<number> {
  return strikeOff(store, owner, RELEASE_ALL);
}

/** Gives back what an owner holds, uncharged, and strikes him off. */
export function fenceOwner(store: EmbeddedStore, owner: string): Promise<number> {
  return strikeOff(store, owner, FENCE_ALL);
}

/**
 * Gives back what dead owners held. An owner is in the store only while his lock is held or he is dead, since he takes it first;
 * and who has taken the lock of a dead one is the only one to restore his messages.
 */
export async function reapDead(store: EmbeddedStore, self: string): Promise<number> {
  let restored = 0;
  const names = await store.read(() =>
    store
      .sql(OWNERS)
      .all()
      .map(({ name }) => String(name)),
  );
  for (const name of names) {
    if (name === self) continue;
    const lock = OwnerLock.tryTake(store, name);
    if (lock === undefined) continue;
    try {
      restored += await strikeOff(store, name, RESTORE_ALL);
    } catch (error) {
      lock.drop();
      throw error;
    }
    lock.remove();
  }
  return restored;
}

function strikeOff(store: EmbeddedStore, owner: string, giveBack: string): Promise<number> {
  return store.write(() => {
    const count = isEntered(store, owner) ? Number(store.sql(giveBack).run(owner).changes) : 0;
    store.sql(REMOVE_OWNER).run(owner);
    if (count > 0) store.announce('messages');
    return count;
  });
}
