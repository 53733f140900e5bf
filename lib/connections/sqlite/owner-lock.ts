import { rmSync } from 'node:fs';
import path from 'node:path';
import { isBusy, toStoreError } from './sqlite-error.js';
import type { EmbeddedStore } from './embedded-store.js';
import type { SqliteDatabase } from './sqlite.driver.js';

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

  /** Takes the lock of an owner; `undefined` where somebody has it, which is to say that he lives. */
  static tryTake(store: EmbeddedStore, owner: string): OwnerLock | undefined {
    const file = path.join(store.folder, 'owners', `${owner}.lock`);
    let database: SqliteDatabase | undefined;
    try {
      database = new store.driver.DatabaseSync(file);
      database.exec('PRAGMA busy_timeout = 0');
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
