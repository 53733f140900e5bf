import path from 'node:path';
import { loadSqlite, type SqliteDatabase } from './sqlite.js';

/** A message as it lies in the store. */
export interface StoredMessage {
  readonly row: number;
  readonly taskId: string;
}

/** Reads an embedded store from outside of the library: what a worker holds, what is left. */
export class StoreView {
  private constructor(private readonly database: SqliteDatabase) {}

  /** @param folder of the store */
  static async open(folder: string): Promise<StoreView> {
    const { DatabaseSync } = await loadSqlite();
    const file = path.join(folder, 'queue.sqlite');
    const database = new DatabaseSync(file, { readOnly: true });
    database.exec('PRAGMA busy_timeout = 5000');
    return new StoreView(database);
  }

  /** The owner under which a process holds messages. */
  ownerOf(pid: number): string | undefined {
    const row = this.database.prepare('SELECT name FROM owner WHERE pid = ?').get(pid);
    return row === undefined ? undefined : String(row['name']);
  }

  heldBy(owner: string): readonly StoredMessage[] {
    const rows = this.database.prepare('SELECT id, envelope FROM message WHERE state = 1 AND owner = ?').all(owner);
    return rows.map((row) => ({ row: Number(row['id']), taskId: taskIdIn(String(row['envelope'])) }));
  }

  /** Of these messages: how many this owner still has, and how many nobody has. Those that are gone are settled. */
  fateOf(messages: readonly StoredMessage[], owner: string): { readonly stillOwned: number; readonly waiting: number } {
    const statement = this.database.prepare('SELECT state, owner FROM message WHERE id = ?');
    const rows = messages.map(({ row }) => statement.get(row)).filter((row) => row !== undefined);
    return {
      stillOwned: rows.filter((row) => row['state'] === 1 && row['owner'] === owner).length,
      waiting: rows.filter((row) => row['state'] === 0).length,
    };
  }

  /** Messages that are neither settled nor dead letters. */
  countMessages(): number {
    return Number(this.database.prepare('SELECT count(*) AS n FROM message WHERE state <> 3').get()?.['n']);
  }

  /** Owners that are gone, or should be, once all workers have ended. */
  countOwners(): number {
    return Number(this.database.prepare('SELECT count(*) AS n FROM owner').get()?.['n']);
  }

  close(): void {
    this.database.close();
  }
}

function taskIdIn(envelope: string): string {
  return /"id": ?"([^"]+)"/.exec(envelope)?.[1] ?? '';
}
