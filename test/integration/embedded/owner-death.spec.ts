import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkStore } from './check-store.js';
import { compileProgram, StoreProcess } from './processes.js';

const ids = Array.from({ length: 10 }, (_, index) => `m${index}`);

interface Taken {
  readonly ids: readonly string[];
  readonly atMs: number;
  readonly redelivered: readonly boolean[];
}

describe('processes on one embedded store', () => {
  let program: Awaited<ReturnType<typeof compileProgram>>;
  let folder: string;
  let running: StoreProcess[];

  beforeAll(async () => {
    program = await compileProgram('embedded-process.entry.ts');
  });
  afterAll(() => program.remove());
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-embedded-'));
    running = [];
  });
  afterEach(async () => {
    for (const each of running) await each.signal('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(): Promise<StoreProcess> {
    const started = await StoreProcess.start(program.file, `embedded:${folder}`);
    running.push(started);
    return started;
  }

  it('gives back what a killed process held in less than 2 s, to one that waits', async () => {
    const [victim, survivor] = [await start(), await start()];
    await survivor.ask({ do: 'publish', ids });
    await victim.ask({ do: 'take', count: 10 });
    const rescue = survivor.ask<Taken>({ do: 'take', count: 10 });

    const killedMs = Date.now();
    await victim.signal('SIGKILL');
    const taken = await rescue;

    expect(taken.ids).toEqual(ids);
    expect(taken.redelivered).toEqual(ids.map(() => true));
    expect(taken.atMs - killedMs).toBeLessThan(2_000);
    expect(await survivor.ask({ do: 'settle' })).toEqual({ lost: [] });
    expect(await checkStore(folder, ids)).toMatchObject({ problems: [], waiting: 0, held: 0 });
    expect(readdirSync(path.join(folder, 'owners'))).toHaveLength(1);
  });

  it('leaves a suspended process what it holds', async () => {
    const [suspended, other] = [await start(), await start()];
    await other.ask({ do: 'publish', ids });
    await suspended.ask({ do: 'take', count: 10 });
    await suspended.signal('SIGSTOP');

    expect(await other.ask({ do: 'reap' })).toEqual({ count: 0 });
    expect(await checkStore(folder, ids)).toMatchObject({ problems: [], held: 10, waiting: 0 });

    await suspended.signal('SIGCONT');
    expect(await suspended.ask({ do: 'settle' })).toEqual({ lost: [] });
    expect(await checkStore(folder, ids)).toMatchObject({ problems: [], held: 0, waiting: 0 });
  });

  it('gives back once when several look at once', async () => {
    const [victim, ...reapers] = [await start(), await start(), await start(), await start()];
    await victim?.ask({ do: 'publish', ids });
    await victim?.ask({ do: 'take', count: 10 });
    await victim?.signal('SIGKILL');

    const counts = await Promise.all(reapers.map((reaper) => reaper.ask<{ count: number }>({ do: 'reap' })));

    expect(counts.reduce((sum, each) => sum + each.count, 0)).toBe(10);
    expect(await checkStore(folder, ids)).toMatchObject({ problems: [], waiting: 10, held: 0 });
  });

  it('wakes another process for a message and for a result', async () => {
    const [web, worker] = [await start(), await start()];
    const result = web.ask<Taken>({ do: 'wait-for-result', id: 'm0' });
    const taking = worker.ask<Taken>({ do: 'take', count: 1 });
    const publisher = await start();

    await publisher.ask({ do: 'publish', ids: ['m0'] });
    expect((await taking).ids).toEqual(['m0']);
    await worker.ask({ do: 'settle' });

    expect((await result).ids).toEqual(['m0']);
  });

  it('loses nothing when processes are killed while they take and settle', async () => {
    const publisher = await start();
    const all = Array.from({ length: 400 }, (_, index) => `n${index}`);
    await publisher.ask({ do: 'publish', ids: all });

    for (let round = 0; round < 5; round++) {
      const victim = await start();
      const storm = victim
        .ask({ do: 'storm', prefix: `round${round}-`, share: 0, quietMs: 10_000 })
        .catch(() => undefined);
      await until(async () => (await checkStore(folder)).waiting < 400 - round * 40);
      await victim.signal('SIGKILL');
      await storm;
      expect((await checkStore(folder, all)).problems).toEqual([]);
    }

    const survivor = await start();
    await survivor.ask({ do: 'storm', prefix: 'last-', share: 0, quietMs: 1_500 });
    expect(await checkStore(folder, all)).toMatchObject({ problems: [], waiting: 0, held: 0 });
  });

  it('folds its log into the file when the last process closes', async () => {
    const [one, other] = [await start(), await start()];
    await one.ask({ do: 'publish', ids });
    await other.ask({ do: 'take', count: 1 });

    await one.ask({ do: 'close' });
    await other.ask({ do: 'close' });

    const log = statSync(path.join(folder, 'queue.sqlite-wal'), { throwIfNoEntry: false });
    expect(log?.size ?? 0).toBe(0); // one of the drivers leaves the empty file
    expect(readdirSync(path.join(folder, 'owners'))).toEqual([]);
    expect(await checkStore(folder, ids)).toMatchObject({ problems: [], waiting: 10 });
  });
});

async function until(isReached: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!(await isReached())) {
    if (signal.aborted) throw new Error('not reached within 20 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
