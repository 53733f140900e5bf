import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadSqlite, withoutSqliteWarning } from '../../../../lib/connections/sqlite/sqlite.driver.js';

class DatabaseSync {}

describe('loadSqlite', () => {
  it("prefers Node's own", async () => {
    const own = { DatabaseSync };
    const installed = vi.fn();

    expect(await loadSqlite({ builtin: () => own, installed })).toBe(own);
    expect(installed).not.toHaveBeenCalled();
  });

  it('takes the package where Node has none', async () => {
    const other = { DatabaseSync };

    expect(await loadSqlite({ builtin: () => undefined, installed: async () => other })).toBe(other);
  });

  it('names the package and the Node to install where there is neither', async () => {
    const cause = new Error("Cannot find package '@photostructure/sqlite'");

    const failure = loadSqlite({ builtin: () => undefined, installed: () => Promise.reject(cause) });

    await expect(failure).rejects.toMatchObject({ code: 'TQ_SQLITE_MISSING', cause });
    await expect(failure).rejects.toThrow(/npm install @photostructure\/sqlite.*Node 22\.13 or later/);
  });

  it('finds one here', async () => {
    const { DatabaseSync: Database } = await loadSqlite();
    const database = new Database(':memory:');

    expect(database.prepare('SELECT 1 AS one').get()).toMatchObject({ one: 1 });
    database.close();
  });
});

describe('withoutSqliteWarning', () => {
  afterEach(() => vi.restoreAllMocks());

  it('hides the one remark, in either form, and nothing else', () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);

    withoutSqliteWarning(() => {
      process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
      process.emitWarning('SQLite is an experimental feature', { type: 'ExperimentalWarning' });
      process.emitWarning('Fetch is experimental', 'ExperimentalWarning');
      process.emitWarning('SQLite will be removed', 'DeprecationWarning');
    });
    process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning');

    expect(emitted.mock.calls.map(([warning]) => warning)).toEqual([
      'Fetch is experimental',
      'SQLite will be removed',
      'SQLite is an experimental feature',
    ]);
  });

  it('puts everything back when loading fails', () => {
    const before = process.emitWarning;

    expect(() =>
      withoutSqliteWarning(() => {
        throw new Error('no such module');
      }),
    ).toThrow('no such module');

    expect(process.emitWarning).toBe(before);
  });
});
