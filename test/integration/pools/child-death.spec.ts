import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { kinds, openShop, range } from './child-pools.js';
import { compileFixture } from './fixtures/compile.js';

/** Far above what it takes (tens of milliseconds) and far below how long a computing child would go on. */
const SOON_MS = 5_000;

const shop = openShop();

describe('a child process that dies', () => {
  it('is told by its signal, and replaced at once', async () => {
    const { pool, begin } = shop.open('prefork');
    await pool.start();
    const { pid, outcome } = await begin({ do: 'spin', ms: 60_000 });

    process.kill(pid, 'SIGKILL');
    const killedAt = performance.now();

    const reason = `prefork child 0 (pid ${pid}) was killed by SIGKILL`;
    expect(await outcome).toEqual({ as: 'lost', started: true, charged: true, reason });
    expect(await pool.run({ do: 'echo', value: 1 })).toEqual({ as: 'done', reply: 1 });
    expect(performance.now() - killedAt).toBeLessThan(SOON_MS);
  });

  it('is told when it crashes', async () => {
    const { pool } = shop.open('prefork');
    await pool.start();

    const outcome = await pool.run({ do: 'signal', signal: 'SIGSEGV' });

    expect(outcome).toMatchObject({
      as: 'lost',
      started: true,
      charged: true,
      reason: expect.stringMatching(/SIGSEGV/),
    });
  });

  it('is replaced when it had nothing to do', async () => {
    const { pool, exit } = shop.open('prefork');
    await pool.start();
    const [pid] = pool.pids();

    process.kill(pid as number, 'SIGKILL');
    await exit(({ phase }) => phase === 'service');

    expect(await pool.run({ do: 'where' })).toMatchObject({ as: 'done' });
    expect(pool.pids()).not.toContain(pid);
  });

  it('leaves no child computing when the supervisor is killed', async () => {
    const supervisorProgram = await compileFixture('supervisor.entry.ts');
    const supervisor = spawn(process.execPath, [supervisorProgram.file, shop.file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(supervisor.stdout, 'data');

    supervisor.kill('SIGKILL');
    const killedAt = performance.now();

    // The child has the same standard output: its end is the end of both.
    await once(supervisor.stdout, 'close');
    expect(performance.now() - killedAt).toBeLessThan(SOON_MS);
    supervisorProgram.remove();
  });
});

describe('a thread that dies', () => {
  it('of too much memory is told, and takes no other with it', async () => {
    const { pool, begin } = shop.open('threads', { children: 2 });
    await pool.start();
    const file = path.join(shop.folder(), 'gate');
    const neighbour = await begin({ do: 'gate', file });

    const outcome = await pool.run({ do: 'eat-memory' });

    expect(outcome).toMatchObject({
      as: 'lost',
      started: true,
      charged: true,
      reason: expect.stringMatching(/memory/),
    });
    await pool.run({ do: 'mark', file, line: 'open' });
    expect(await neighbour.outcome).toMatchObject({ as: 'done' });
  });
});

describe.each(kinds)('%s children with several slots', (kind) => {
  it('charge all bodies that ran beside the one that ended the process', async () => {
    const { pool, begin } = shop.open(kind, { slots: 3, lookAhead: 4 });
    await pool.start();
    const neighbours = [await begin({ do: 'hang' }), await begin({ do: 'hang' })];
    const queued = range(3).map((value) => pool.run({ do: 'echo', value }));
    await Promise.all(queued);

    const culprit = pool.run({ do: 'exit', code: 3 });

    for (const job of [culprit, ...neighbours.map(({ outcome }) => outcome)]) {
      expect(await job).toMatchObject({ as: 'lost', started: true, charged: true });
    }
  });

  it('charge nobody for the time limit of another', async () => {
    const { pool, begin } = shop.open(kind, { slots: 2, lookAhead: 4 });
    await pool.start();
    const neighbour = await begin({ do: 'hang' });
    const culprit = pool.run({ do: 'hang' }, { timeLimitMs: 50 });
    const queued = range(3).map((value) => pool.run({ do: 'echo', value }));

    expect(await culprit).toEqual({ as: 'time-limit', limitMs: 50 });
    expect(await neighbour.outcome).toMatchObject({ as: 'lost', started: true, charged: false });
    expect(await Promise.all(queued)).toEqual(range(3).map((reply) => ({ as: 'done', reply })));
  });
});

describe('jobs that meet children which are killed at random', () => {
  it('end once each, lose no more than the kills took, and never run twice', async () => {
    const { pool } = shop.open('prefork', { children: 2, lookAhead: 32 });
    await pool.start();
    const file = path.join(shop.folder(), 'ran');
    const ends = new Map<number, number>();
    const lost: number[] = [];
    let kills = 0;

    await Promise.all(
      range(5_000).map(async (i) => {
        const outcome = await pool.run({ do: 'mark', file, line: String(i) });
        ends.set(i, (ends.get(i) ?? 0) + 1);
        if (outcome.as === 'lost') {
          expect(outcome).toMatchObject({ started: true, charged: true });
          lost.push(i);
        }
        if (i % 250 === 100) {
          const pids = pool.pids();
          const pid = pids[i % pids.length];
          if (pid !== undefined && process.kill(pid, 'SIGKILL')) kills++;
        }
      }),
    );

    const ran = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    expect(ends.size).toBe(5_000);
    expect([...ends.values()].every((count) => count === 1)).toBe(true);
    expect(kills).toBeGreaterThan(5);
    expect(lost.length).toBeLessThanOrEqual(kills);
    expect(new Set(ran).size).toBe(ran.length);
    expect(
      range(5_000)
        .filter((i) => !ran.includes(i))
        .every((i) => lost.includes(i)),
    ).toBe(true);
  });
});
