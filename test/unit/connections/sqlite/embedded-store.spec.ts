import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkEmbeddedOptions,
  openEmbeddedStore,
  OwnerLock,
  releaseEmbeddedStore,
  type EmbeddedStore,
} from '../../../../lib/connections/index.js';
import { MIGRATIONS } from '../../../../lib/connections/sqlite/migrations.js';
import { systemClock } from '../../../../lib/time/index.js';
import { loadSqlite } from '../../../tools/sqlite.js';

describe('an embedded store', () => {
  let folder: string;
  let store: EmbeddedStore;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-store-'));
    store = await openEmbeddedStore(folder, {}, systemClock);
  });
  afterEach(async () => {
    await releaseEmbeddedStore(store);
    rmSync(folder, { recursive: true });
  });

  it('is opened once by all of a process, and closed with the last', async () => {
    const [again, andAgain] = await Promise.all([
      openEmbeddedStore(folder, {}, systemClock),
      openEmbeddedStore(path.join(folder, '.'), {}, systemClock),
    ]);
    expect([again, andAgain]).toEqual([store, store]);

    await releaseEmbeddedStore(again);
    await releaseEmbeddedStore(andAgain);
    expect(await store.read(() => store.sql('SELECT 1 AS one').get())).toMatchObject({ one: 1 });
  });

  it.each(['deleted', 'replaced'])(
    'says so within a second when its file was %s, to who reads and who writes',
    async (what) => {
      let laterMs = 0;
      const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + laterMs };
      const other = mkdtempSync(path.join(tmpdir(), 'ntq-store-'));
      const doomed = await openEmbeddedStore(other, {}, clock);

      rmSync(doomed.file);
      if (what === 'replaced') writeFileSync(doomed.file, '');
      laterMs = 1_000;

      const gone = { code: 'TQ_STORE_IO', message: expect.stringContaining('deleted or replaced') as string };
      await expect(doomed.read(() => 1)).rejects.toMatchObject(gone);
      await expect(doomed.write(() => 1)).rejects.toMatchObject(gone);
      await releaseEmbeddedStore(doomed);
      rmSync(other, { recursive: true });
    },
  );

  it('brings an older store up to date, and keeps what is in it', async () => {
    const older = mkdtempSync(path.join(tmpdir(), 'ntq-older-'));
    try {
      const { DatabaseSync } = await loadSqlite();
      const database = new DatabaseSync(path.join(older, 'queue.sqlite'), { readOnly: false });
      database.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1; INSERT INTO tick VALUES ('nightly', 1, 2)`);
      database.close();

      const opened = await openEmbeddedStore(older, {}, systemClock);

      expect(await opened.read(() => opened.sql('SELECT entry FROM tick').all())).toMatchObject([{ entry: 'nightly' }]);
      expect(await opened.read(() => opened.sql('SELECT queue FROM paused').all())).toEqual([]);
      await releaseEmbeddedStore(opened);
    } finally {
      rmSync(older, { recursive: true });
    }
  });

  it('survives any death of a process by default, and a power cut where asked', async () => {
    const level = (): unknown => store.sql('PRAGMA synchronous').get()?.['synchronous'];
    const before = level();

    const full = await openEmbeddedStore(folder, { durability: 'full' }, systemClock);
    const normal = await openEmbeddedStore(folder, { durability: 'normal' }, systemClock);

    expect([before, level()]).toEqual([1, 2]);
    await releaseEmbeddedStore(full);
    await releaseEmbeddedStore(normal);
  });

  it('tells news once what it is about is written, and none of what is undone', async () => {
    const told: string[] = [];
    const stop = store.listen('messages', () =>
      told.push(store.sql('SELECT count(*) AS n FROM tick').get()?.['n'] === 1 ? 'written' : 'not yet'),
    );
    await store
      .write(() => {
        store.announce('messages');
        throw new Error('undone');
      })
      .catch(() => undefined);
    expect(told).toEqual([]);

    await store.write(() => {
      store.sql(`INSERT INTO tick (entry, due, claimed) VALUES ('e', 1, 1)`).run();
      store.announce('messages');
    });

    expect(told[0]).toBe('written');
    stop();
  });

  it('has one lock for each owner, which falls when it is dropped', () => {
    const lock = OwnerLock.tryTake(store, 'somebody');

    expect(OwnerLock.tryTake(store, 'somebody')).toBeUndefined();

    lock?.drop();
    const next = OwnerLock.tryTake(store, 'somebody');
    expect(next).toBeDefined();
    next?.remove();
    next?.remove();
  });
});

describe('checkEmbeddedOptions', () => {
  it('accepts what can be used', () => {
    expect(() => checkEmbeddedOptions({}, 'broker')).not.toThrow();
    expect(() => checkEmbeddedOptions({ durability: 'full', allowNetworkFileSystem: true }, 'broker')).not.toThrow();
  });

  it('refuses what cannot, naming the option', () => {
    expect(() => checkEmbeddedOptions({ durability: 'some' as 'full' }, 'broker')).toThrow(
      'Expected option "broker.durability" to be "normal" or "full", got "some" (string).',
    );
    expect(() => checkEmbeddedOptions({ allowNetworkFileSystem: 1 as never }, 'results')).toThrow(
      /"results\.allowNetworkFileSystem"/,
    );
  });
});
