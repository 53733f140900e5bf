import { InvalidOptionError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import { EmbeddedStore, type EmbeddedStoreOptions } from './embedded-store.js';
import { loadSqlite } from './sqlite.driver.js';
import { prepareStoreFolder } from './store-folder.js';

interface Entry {
  readonly opening: Promise<EmbeddedStore>;
  users: number;
}

// Process-wide on purpose. POSIX locks belong to the process and fall when any descriptor of the file is closed, so a process
// should open each store once (SQLite guards against itself, but not against a second copy of itself); and a broker and a result
// backend that share a connection share its transactions. Keyed by the real path of the folder; counted, and closed with the last user.
const open = new Map<string, Entry>();

/**
 * Opens the store in a folder, or joins those who have it open. Each call is paired with one of `releaseEmbeddedStore`.
 * Of several durabilities the strictest holds.
 * @throws {SqliteMissingError | StoreLocationError | NetworkFileSystemError | StoreReadOnlyError | StoreFullError | StoreCorruptError | StoreVersionError | StoreBusyError}
 */
export async function openEmbeddedStore(
  folder: string,
  options: EmbeddedStoreOptions,
  clock: Clock,
): Promise<EmbeddedStore> {
  const driver = await loadSqlite();
  const realFolder = prepareStoreFolder(folder, options.allowNetworkFileSystem ?? false);
  let entry = open.get(realFolder);
  if (entry === undefined)
    open.set(realFolder, (entry = { opening: EmbeddedStore.open(realFolder, driver, clock), users: 0 }));
  entry.users += 1;
  try {
    const store = await entry.opening;
    if (options.durability === 'full') store.setDurability('full');
    return store;
  } catch (error) {
    if (open.get(realFolder) === entry) open.delete(realFolder);
    throw error;
  }
}

export async function releaseEmbeddedStore(store: EmbeddedStore): Promise<void> {
  const entry = open.get(store.folder);
  if (entry === undefined) return;
  entry.users -= 1;
  if (entry.users > 0) return;
  open.delete(store.folder);
  await store.close();
}

/** @throws {InvalidOptionError} naming the first option that cannot be used */
export function checkEmbeddedOptions({ durability, allowNetworkFileSystem }: EmbeddedStoreOptions, path: string): void {
  if (durability !== undefined && durability !== 'normal' && durability !== 'full') {
    throw new InvalidOptionError(`${path}.durability`, '"normal" or "full"', durability);
  }
  if (allowNetworkFileSystem !== undefined && typeof allowNetworkFileSystem !== 'boolean') {
    throw new InvalidOptionError(`${path}.allowNetworkFileSystem`, 'true or false', allowNetworkFileSystem);
  }
}
