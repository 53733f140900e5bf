import { SqliteMissingError } from '../../errors/index.js';

export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. Results are read whole: an open cursor would keep the log from being written back. */
export interface SqliteStatement {
  run(...values: SqlValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** What `node:sqlite` and `@photostructure/sqlite` have in common. */
export interface SqliteDriver {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => SqliteDatabase;
}

/** Where drivers come from; replaced in tests alone. */
export interface DriverSources {
  /** Node's own, where it has one. */
  builtin(): unknown;
  /** The package, where it is installed. */
  installed(): Promise<unknown>;
}

const sources: DriverSources = {
  builtin: () => withoutSqliteWarning(() => process.getBuiltinModule?.('node:sqlite')),
  installed: () => import('@photostructure/sqlite'),
};

/**
 * Loads SQLite: Node's own where it has one, which is found out by loading it, since a flag decides that in some versions.
 * @throws {SqliteMissingError} when there is none
 */
export async function loadSqlite({ builtin, installed }: DriverSources = sources): Promise<SqliteDriver> {
  const own = builtin();
  if (isDriver(own)) return own;
  try {
    const other = await installed();
    if (isDriver(other)) return other;
  } catch (error) {
    throw new SqliteMissingError(process.version, { cause: error });
  }
  throw new SqliteMissingError(process.version);
}

function isDriver(loaded: unknown): loaded is SqliteDriver {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'DatabaseSync' in loaded &&
    typeof loaded.DatabaseSync === 'function'
  );
}

/** Loads without Node's remark that its SQLite is experimental: the user did not choose it and can do nothing about it. All other warnings pass. */
export function withoutSqliteWarning<T>(load: () => T): T {
  const emitWarning = process.emitWarning;
  const pass = emitWarning as (...values: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const isAboutSqlite = String(warning).includes('SQLite') && rest.some(saysExperimental);
    if (!isAboutSqlite) pass.call(process, warning, ...rest);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The type of a warning comes as a text or within options. */
function saysExperimental(value: unknown): boolean {
  const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : value;
  return type === 'ExperimentalWarning';
}
