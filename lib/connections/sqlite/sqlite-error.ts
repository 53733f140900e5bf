import {
  StoreCorruptError,
  StoreFullError,
  StoreIoError,
  StoreLocationError,
  StoreReadOnlyError,
} from '../../errors/index.js';

/** SQLite's primary result codes. @source https://www.sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Whether the store is locked by another connection, so that trying again helps. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}

/** An error of SQLite or of the file system as one of ours; what is neither comes back as it is. */
export function toStoreError(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code !== undefined) return fromSqlite(code, error, path);
  const systemCode = systemCodeOf(error);
  return systemCode === undefined ? error : fromSystem(systemCode, error, path);
}

function fromSqlite(code: number, error: unknown, path: string): unknown {
  const options: ErrorOptions = { cause: error };
  switch (code) {
    case READONLY:
      return new StoreReadOnlyError(path, options);
    case IOERR:
      return new StoreIoError(path, messageOf(error), options);
    case CORRUPT:
    case NOTADB:
      return new StoreCorruptError(path, messageOf(error), options);
    case FULL:
      return new StoreFullError(path, options);
    case CANTOPEN:
      return new StoreLocationError(
        path,
        'the file cannot be opened; check that it is a file, and that this user may read and write it.',
        options,
      );
    default:
      return error;
  }
}

function fromSystem(code: string, error: unknown, path: string): unknown {
  const options: ErrorOptions = { cause: error };
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreReadOnlyError(path, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new StoreFullError(path, options);
    case 'EEXIST':
    case 'ENOTDIR':
      return new StoreLocationError(
        path,
        'there is a file where a folder has to be; move it away or choose another folder.',
        options,
      );
    case 'EIO':
      return new StoreIoError(path, messageOf(error), options);
    default:
      return new StoreLocationError(
        path,
        `${messageOf(error)}. Choose another folder, as in "embedded:/var/lib/my-app".`,
        options,
      );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function sqliteCode(error: unknown): number | undefined {
  const isSqlite =
    typeof error === 'object' && error !== null && 'errcode' in error && typeof error.errcode === 'number';
  return isSqlite ? (error.errcode as number) & 0xff : undefined;
}

function systemCodeOf(error: unknown): string | undefined {
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
  return isSystem ? (error.code as string) : undefined;
}
