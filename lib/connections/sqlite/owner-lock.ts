import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { isBusy, toStoreError } from './sqlite-error.js';
import type { EmbeddedStore } from './embedded-store.js';
import type { SqliteDatabase } from './sqlite.driver.js';

const SUFFIX = '.lock';

/**
 * Proof of life of an owner: a lock on a file of its own, which the system drops the moment its process ends, however it ends,
 * and keeps while it is suspended. No pid that could be used again, no clock.
 */
export class OwnerLock {
  private isHeld = true;

  private constructor(
    private readonly database: SqliteDatabase,
    private readonly file: string,
  ) {}

  /** Owners whose lock file is that old. The file of one who is just entering, who has no lock yet, is young. */
  static listOlderThan(store: EmbeddedStore, ageMs: number): string[] {
    const folder = path.join(store.folder, 'owners');
    const beforeMs = store.clock.now() - ageMs;
    return readdirSync(folder)
      .filter(
        (file) =>
          file.endsWith(SUFFIX) &&
          (statSync(path.join(folder, file), { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < beforeMs,
      )
      .map((file) => file.slice(0, -SUFFIX.length));
  }

  /** Takes the lock of an owner; `undefined` where somebody has it, which is to say that he lives. */
  static tryTake(store: EmbeddedStore, owner: string): OwnerLock | undefined {
    const file = path.join(store.folder, 'owners', `${owner}${SUFFIX}`);
    let database: SqliteDatabase | undefined;
    try {
      database = new store.driver.DatabaseSync(file);
      database.exec('PRAGMA busy_timeout = 0');
      database.exec('PRAGMA journal_mode = MEMORY'); // nothing is ever written: no journal file to be left behind
      database.exec('BEGIN EXCLUSIVE');
      return new OwnerLock(database, file);
    } catch (error) {
      database?.close();
      if (isBusy(error)) return undefined;
      throw toStoreError(error, file);
    }
  }

  /** Drops the lock, and nothing else: to the others it is as if the process had died. */
  drop(): void {
    if (this.isHeld) this.database.close();
    this.isHeld = false;
  }

  /** Drops the lock for good. Only when the store no longer names the owner. */
  remove(): void {
    this.drop();
    rmSync(this.file, { force: true });
  }
}
