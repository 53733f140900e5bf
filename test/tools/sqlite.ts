type Row = Readonly<Record<string, unknown>>;

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): {
    get(...values: readonly unknown[]): Row | undefined;
    all(...values: readonly unknown[]): Row[];
  };
  close(): void;
}

interface Sqlite {
  readonly DatabaseSync: new (file: string, options: { readonly readOnly: boolean }) => SqliteDatabase;
}

/** SQLite for looking into a store: the one that the library itself uses, as two copies in one process undo one another's file locks. */
export async function loadSqlite(): Promise<Sqlite> {
  const builtIn = process.getBuiltinModule?.('node:sqlite') as Sqlite | undefined;
  return builtIn ?? ((await import('@photostructure/sqlite')) as unknown as Sqlite);
}
