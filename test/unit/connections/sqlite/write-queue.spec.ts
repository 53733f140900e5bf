import { describe, expect, it } from 'vitest';
import type { SqliteDatabase } from '../../../../lib/connections/sqlite/sqlite.driver.js';
import { WriteQueue } from '../../../../lib/connections/sqlite/write-queue.js';
import { VirtualClock } from '../../../../lib/time/index.js';

interface Scene {
  readonly queue: WriteQueue;
  readonly clock: VirtualClock;
  /** What was executed, in order. */
  readonly log: string[];
  /** Answers of the next statements of that text; `undefined` succeeds. */
  readonly failures: Map<string, (Error | undefined)[]>;
}

function setup(): Scene {
  const log: string[] = [];
  const failures = new Map<string, (Error | undefined)[]>();
  const clock = new VirtualClock();
  const database: SqliteDatabase = {
    exec(sql) {
      const failure = failures.get(sql)?.shift();
      log.push(failure === undefined ? sql : `${sql} fails`);
      if (failure !== undefined) throw failure;
    },
    prepare: () => {
      throw new Error('not used here');
    },
    close: () => undefined,
  };
  const events = { onCommit: () => log.push('news'), onUndone: () => log.push('no news') };
  return { queue: new WriteQueue(database, '/store/queue.sqlite', clock, events), clock, log, failures };
}

function sqliteError(errcode: number): Error {
  return Object.assign(new Error('what SQLite says'), { errcode });
}

describe('WriteQueue', () => {
  it('makes one transaction of all that is asked for in one turn, in order', async () => {
    const { queue, log } = setup();

    const results = await Promise.all(['a', 'b', 'c'].map((name) => queue.run(() => log.push(name) && name, 1)));

    expect(results).toEqual(['a', 'b', 'c']);
    expect(log).toEqual(['BEGIN IMMEDIATE', 'a', 'b', 'c', 'COMMIT', 'news']);
  });

  it('keeps transactions short', async () => {
    const { queue, log } = setup();

    await Promise.all(
      ['a', 'b', 'c', 'd'].map((name, index) => queue.run(() => log.push(name), [1_000, 200, 50, 50][index] ?? 1)),
    );

    expect(log.filter((entry) => entry !== 'news')).toEqual([
      ...['BEGIN IMMEDIATE', 'a', 'COMMIT'],
      ...['BEGIN IMMEDIATE', 'b', 'c', 'COMMIT'],
      ...['BEGIN IMMEDIATE', 'd', 'COMMIT'],
    ]);
  });

  it('lets a job fail alone, and writes the others', async () => {
    const { queue, log } = setup();
    const mistake = new Error('a mistake');

    const outcomes = await Promise.allSettled([
      queue.run(() => log.push('a'), 1),
      queue.run(() => {
        throw mistake;
      }, 1),
      queue.run(() => log.push('c'), 1),
    ]);
    await queue.run(() => log.push('d'), 1);

    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: mistake });
    expect(log.join(' ')).toBe(
      'BEGIN IMMEDIATE a no news ROLLBACK BEGIN IMMEDIATE a COMMIT news BEGIN IMMEDIATE no news ROLLBACK ' +
        'BEGIN IMMEDIATE c COMMIT news BEGIN IMMEDIATE d COMMIT news',
    );
  });

  it('tries again while others have the store locked, keeping the order', async () => {
    const { queue, clock, log, failures } = setup();
    failures.set('BEGIN IMMEDIATE', [sqliteError(5), sqliteError(5)]);

    const done = Promise.all([queue.run(() => log.push('a'), 1), queue.run(() => log.push('b'), 1)]);
    await clock.advance(100);
    await done;

    expect(log).toEqual([
      'BEGIN IMMEDIATE fails',
      'BEGIN IMMEDIATE fails',
      'BEGIN IMMEDIATE',
      'a',
      'b',
      'COMMIT',
      'news',
    ]);
  });

  it('gives up after ten seconds, saying for how long it waited', async () => {
    const { queue, clock, failures } = setup();
    failures.set(
      'BEGIN IMMEDIATE',
      Array.from({ length: 20_000 }, () => sqliteError(5)),
    );

    const failure = queue.run(() => undefined, 1).catch((error: unknown) => error);
    await clock.advance(11_000);

    expect(await failure).toMatchObject({ code: 'TQ_STORE_BUSY', path: '/store/queue.sqlite' });
  });

  it('turns a full disk into an error of ours, also where SQLite has undone the transaction itself', async () => {
    const { queue, failures, log } = setup();
    failures.set('COMMIT', [sqliteError(13)]);
    failures.set('ROLLBACK', [sqliteError(1)]);

    const failure = await queue.run(() => log.push('a'), 1).catch((error: unknown) => error);
    await queue.run(() => log.push('b'), 1);

    expect(failure).toMatchObject({ code: 'TQ_STORE_FULL' });
    expect(log.slice(-4)).toEqual(['BEGIN IMMEDIATE', 'b', 'COMMIT', 'news']);
  });

  it('drains what was asked for before', async () => {
    const { queue, log } = setup();
    void queue.run(() => log.push('a'), 1);

    await queue.drain();

    expect(log).toContain('a');
    await queue.drain();
  });
});
