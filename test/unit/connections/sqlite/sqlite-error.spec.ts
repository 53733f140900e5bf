import { describe, expect, it } from 'vitest';
import { isBusy, toStoreError } from '../../../../lib/connections/sqlite/sqlite-error.js';

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('what SQLite says'), { code: 'ERR_SQLITE_ERROR', errcode });
}

describe('toStoreError', () => {
  it.each([
    [8, 'TQ_STORE_READ_ONLY'],
    [10, 'TQ_STORE_IO'],
    [10 | (3 << 8), 'TQ_STORE_IO'],
    [11, 'TQ_STORE_CORRUPT'],
    [13, 'TQ_STORE_FULL'],
    [14, 'TQ_STORE_LOCATION'],
    [26, 'TQ_STORE_CORRUPT'],
  ])('turns result code %i of SQLite into %s', (errcode, code) => {
    const cause = sqliteError(errcode);

    expect(toStoreError(cause, '/store/queue.sqlite')).toMatchObject({ code, path: '/store/queue.sqlite', cause });
  });

  it.each([
    ['EACCES', 'TQ_STORE_READ_ONLY'],
    ['EROFS', 'TQ_STORE_READ_ONLY'],
    ['ENOSPC', 'TQ_STORE_FULL'],
    ['ENOTDIR', 'TQ_STORE_LOCATION'],
    ['ENOENT', 'TQ_STORE_LOCATION'],
    ['EIO', 'TQ_STORE_IO'],
  ])('turns %s of the system into %s', (systemCode, code) => {
    const cause = Object.assign(new Error(systemCode), { code: systemCode, syscall: 'mkdir' });

    expect(toStoreError(cause, '/store')).toMatchObject({ code, path: '/store', cause });
  });

  it.each([new TypeError('a mistake of ours'), sqliteError(1), 'no error at all'])('leaves %s alone', (error) => {
    expect(toStoreError(error, '/store')).toBe(error);
  });
});

describe('isBusy', () => {
  it.each([
    [5, true],
    [5 | (1 << 8), true],
    [6, true],
    [13, false],
  ])('reads result code %i as %s', (errcode, busy) => {
    expect(isBusy(sqliteError(errcode))).toBe(busy);
  });
});
