import path from 'node:path';
import { StoreCorruptError, StoreVersionError } from '../../errors/index.js';
import type { Clock, Timer } from '../../time/index.js';
import { retryWhileBusy } from './busy-retry.js';
import { FileIdentity } from './file-identity.js';
import { MIGRATIONS } from './migrations.js';
import { NotifyFiles, type Channel } from './notify-files.js';
import { toStoreError } from './sqlite-error.js';
import type { SqliteDatabase, SqliteDriver, SqliteStatement } from './sqlite.driver.js';
import { WriteQueue } from './write-queue.js';

/** Options of the embedded store; plain data. */
export interface EmbeddedStoreOptions {
  /**
   * What a commit survives: `normal` any death of a process, `full` also a power cut, at several times the cost.
   * @defaultValue 'normal'
   */
  readonly durability?: 'normal' | 'full';
  /** Uses a folder although its file system may be shared by several machines. @defaultValue false */
  readonly allowNetworkFileSystem?: boolean;
}

/** How often it is looked whether other processes have written, beside their signals. */
const LOOK_MS = 1_000;

/** One open store of this process: its connection, its writes, and its news. */
export class EmbeddedStore {
  /** For messages and for `Broker.store`. */
  readonly location: string;
  private readonly statements = new Map<string, SqliteStatement>();
  private readonly listeners = new Map<Channel, Set<() => void>>();
  /** News of the transaction that is being written. */
  private readonly news = new Set<Channel>();
  private readonly writes: WriteQueue;
  private readonly notify: NotifyFiles;
  private readonly identity: FileIdentity;
  private looking: Timer | undefined;
  private dataVersion: unknown;

  private constructor(
    readonly folder: string,
    readonly driver: SqliteDriver,
    readonly clock: Clock,
    private readonly database: SqliteDatabase,
  ) {
    this.location = `embedded:${folder}`;
    this.notify = new NotifyFiles(folder, clock);
    this.identity = new FileIdentity(this.file, clock);
    this.writes = new WriteQueue(database, this.file, clock, {
      onCommit: () => this.tellNews(),
      onUndone: () => this.news.clear(),
    });
  }

  get file(): string {
    return path.join(this.folder, STORE_FILE);
  }

  /** @param folder made before, see `prepareStoreFolder` */
  static async open(folder: string, driver: SqliteDriver, clock: Clock): Promise<EmbeddedStore> {
    const file = path.join(folder, STORE_FILE);
    let database: SqliteDatabase | undefined;
    try {
      const opened = (database = new driver.DatabaseSync(file));
      await retryWhileBusy(file, clock, () => prepareDatabase(opened, file));
      return new EmbeddedStore(folder, driver, clock, opened);
    } catch (error) {
      database?.close();
      throw toStoreError(error, file);
    }
  }

  setDurability(durability: 'normal' | 'full'): void {
    this.database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
  }

  /**
   * Runs a job in a transaction, together with the others of this turn; see `WriteQueue`.
   * @param rows how many it is about to write, roughly
   */
  async write<T>(work: () => T, rows = 1): Promise<T> {
    this.identity.check();
    return this.writes.run(work, rows);
  }

  /** Reads outside of any transaction. */
  async read<T>(work: () => T): Promise<T> {
    this.identity.check();
    try {
      return await retryWhileBusy(this.file, this.clock, work);
    } catch (error) {
      throw toStoreError(error, this.file);
    }
  }

  /** The statement of that text, prepared once. */
  sql(text: string): SqliteStatement {
    let statement = this.statements.get(text);
    if (statement === undefined) this.statements.set(text, (statement = this.database.prepare(text)));
    return statement;
  }

  /** Within a job: tells everybody, once it is committed. */
  announce(channel: Channel): void {
    this.news.add(channel);
  }

  /** Calls back, in a turn of its own or at the end of a write, whenever there may be news; returns how to stop. */
  listen(channel: Channel, listener: () => void): () => void {
    let all = this.listeners.get(channel);
    if (all === undefined) this.listeners.set(channel, (all = new Set()));
    if (all.size === 0) this.notify.watch(channel, () => this.tell(channel));
    all.add(listener);
    this.lookLater();
    return () => {
      all.delete(listener);
      if (all.size === 0) this.notify.unwatch(channel);
    };
  }

  /** Writes what is left, folds the log into the file and closes it. */
  async close(): Promise<void> {
    await this.writes.drain();
    this.looking?.cancel();
    this.notify.close();
    this.listeners.clear();
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Others are at work in it, or the disk is full: the log is folded in later, and nothing depends on when.
    }
    this.statements.clear();
    this.database.close();
  }

  private tellNews(): void {
    const channels = [...this.news];
    this.news.clear();
    for (const channel of channels) {
      this.notify.signal(channel);
      this.tell(channel);
    }
  }

  private tell(channel: Channel): void {
    for (const listener of [...(this.listeners.get(channel) ?? [])]) listener();
  }

  private lookLater(): void {
    this.looking ??= this.clock.setTimer(() => this.look(), LOOK_MS, { ref: false });
  }

  /** Another connection's commit changes the data version, which is read without a lock. */
  private look(): void {
    this.looking = undefined;
    const channels = [...this.listeners].filter(([, all]) => all.size > 0).map(([channel]) => channel);
    if (channels.length === 0) return;
    this.lookLater();
    const version = this.readDataVersion();
    if (version !== undefined && version === this.dataVersion) return;
    this.dataVersion = version;
    for (const channel of channels) this.tell(channel);
  }

  private readDataVersion(): unknown {
    try {
      return this.sql('PRAGMA data_version').get()?.['data_version'];
    } catch {
      return undefined; // cannot be told now: look at everything
    }
  }
}

const STORE_FILE = 'queue.sqlite';

function prepareDatabase(database: SqliteDatabase, file: string): void {
  database.exec('PRAGMA busy_timeout = 0'); // waiting is ours: SQLite's would block the event loop
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    migrate(database, file);
    database.exec('COMMIT');
  } catch (error) {
    try {
      database.exec('ROLLBACK');
    } catch {
      // undone by SQLite already
    }
    throw error;
  }
}

function migrate(database: SqliteDatabase, file: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length) throw new StoreVersionError(file, version, MIGRATIONS.length);
  if (version === 0 && database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() !== undefined) {
    throw new StoreCorruptError(file, 'it is a database of another program');
  }
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`); // always, to prove that it can be written: a transaction alone begins on a read-only file as well
}
