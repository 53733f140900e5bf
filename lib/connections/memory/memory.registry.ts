import { InvalidOptionError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import { MemoryStore } from './memory.store.js';

interface Entry {
  readonly store: MemoryStore;
  users: number;
}

// Process-wide on purpose: the URL `memory:` means "the same place" to a web module and a worker that know nothing of each
// other. A store lives only while somebody has it open, so that one test leaves nothing to the next.
const open = new Map<string, Entry>();

/**
 * Opens the store of that name, making it when nobody has it open. Each call is paired with one of `releaseMemoryStore`.
 * @throws {InvalidOptionError} when it is open with another clock
 */
export function openMemoryStore(location: string, clock: Clock): MemoryStore {
  let entry = open.get(location);
  if (entry === undefined) open.set(location, (entry = { store: new MemoryStore(location, clock), users: 0 }));
  if (entry.store.clock !== clock) {
    throw new InvalidOptionError(
      'clock',
      `the clock that "${location}" was opened with elsewhere in this process`,
      clock,
    );
  }
  entry.users += 1;
  return entry.store;
}

/** The last one to leave takes the store and all that is in it with him. */
export function releaseMemoryStore(store: MemoryStore): void {
  const entry = open.get(store.location);
  if (entry === undefined || entry.store !== store) return;
  entry.users -= 1;
  if (entry.users === 0) open.delete(store.location);
}
