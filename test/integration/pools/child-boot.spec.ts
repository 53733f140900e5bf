import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { ProcessLauncher, ThreadLauncher } from '../../../lib/pools/index.js';
import { systemClock } from '../../../lib/time/index.js';
import { kinds, openShop } from './child-pools.js';

const shop = openShop();

describe.each(kinds)('the boot of %s children', (kind) => {
  it('resolves with what the first one reports', async () => {
    const { pool } = shop.open(kind, { children: 2, name: 'mail' });

    const report = await pool.start();

    const pid: unknown = kind === 'prefork' ? pool.pids()[0] : process.pid;
    expect(report).toEqual({ index: 0, pool: 'mail', at: new Date(0), queues: new Map([['celery', 1n]]), pid });
  });

  it('boots one child alone, then as many as its report asks for', async () => {
    const { pool } = shop.open(kind, { children: (report) => (report as { index: number }).index + 3, slots: 2 });
    expect(pool.limit).toBe(2);

    await pool.start();

    expect(pool.limit).toBe(6);
  });

  it("rejects with the child's own error", async () => {
    const { pool } = shop.open(kind, { children: 2, data: { boot: 'throws' } });

    const error: unknown = await pool.start().catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      code: 'TQ_CHILD_BOOT',
      message: `The ${kind} child 0 could not boot: TypeError: no such provider: Mailer`,
      stack: expect.stringContaining('program.mjs') as string,
    });
    expect(pool.pids()).toEqual([]);
  });

  it('rejects with the error of a file that cannot be loaded', async () => {
    const { pool } = shop.open(kind, { data: { boot: 'loads nothing' } });

    await expect(pool.start()).rejects.toThrowError(/SyntaxError: broken while it loaded/);
  });

  it('rejects when the child ends without a word', async () => {
    const { pool } = shop.open(kind, { data: { boot: 'exits' } });

    await expect(pool.start()).rejects.toThrowError(/it exited with code 7 before it could report/);
  });

  it('rejects with the path of what cannot cross in the report', async () => {
    const { pool } = shop.open(kind, { data: { boot: 'reports a function' } });

    await expect(pool.start()).rejects.toThrowError(
      /"report\.broker\.logger" to be plain data .* got the function logger/,
    );
  });

  it('ends jobs that waited for a boot that failed', async () => {
    const { pool } = shop.open(kind, { data: { boot: 'throws' } });
    const outcome = pool.run({ do: 'echo', value: 1 });

    await pool.start().catch(() => undefined);

    expect(await outcome).toMatchObject({ as: 'lost', started: false, charged: false });
  });

  it('rejects when it is stopped meanwhile', async () => {
    const { pool } = shop.open(kind);
    const start = pool.start();

    await Promise.all([pool.stop('drain'), expect(start).rejects.toMatchObject({ code: 'TQ_CHILD_BOOT' })]);
  });

  it('tries again, more slowly each time, when a later child cannot boot', async () => {
    const bootFile = path.join(shop.folder(), 'booted');
    const { pool, exit, exits } = shop.open(kind, { data: { boot: 'only once', bootFile } });
    await pool.start();

    await pool.run({ do: 'exit', code: 1 });
    await exit(({ replacedInMs }) => replacedInMs === 200);
    rmSync(bootFile);

    expect(await pool.run({ do: 'echo', value: 'again' })).toEqual({ as: 'done', reply: 'again' });
    expect(exits.map(({ phase, replacedInMs }) => [phase, replacedInMs])).toEqual([
      ['service', 0],
      ['boot', 100],
      ['boot', 200],
    ]);
    expect(exits[1]?.bootError?.message).toMatch(/booted before/);
  });
});

describe('a launcher', () => {
  it.each([
    ['processes', () => new ProcessLauncher({ entry: '/nowhere.js', clock: systemClock })],
    ['threads', () => new ThreadLauncher({ entry: '/nowhere.js' })],
  ])('of %s refuses an entry that does not exist', (_, launcher) => {
    expect(launcher).toThrowError(/"\/nowhere.js" .* does not exist/);
  });
});
