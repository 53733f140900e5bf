import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { Cancellation } from '../../../lib/pools/index.js';
import { kinds, openShop, range } from './child-pools.js';

const COMPUTING_MS = 20_000;

const shop = openShop();

describe.each(kinds)('what waits in %s children', (kind) => {
  it('goes to another child when its own computes', async () => {
    const { pool, begin } = shop.open(kind, { children: 2, lookAhead: 8 });
    await pool.start();
    const gate = path.join(shop.folder(), 'gate');
    const [computing, held] = [await begin({ do: 'spin', ms: COMPUTING_MS }), await begin({ do: 'gate', file: gate })];
    let isComputing = true;
    void computing.outcome.then(() => (isComputing = false));
    const jobs = range(10).map((value) => pool.run({ do: 'echo', value }));
    const opener = shop.open(kind);
    await opener.pool.start();

    await opener.pool.run({ do: 'mark', file: gate, line: 'open' });

    await held.outcome;
    expect(await Promise.all(jobs)).toEqual(range(10).map((reply) => ({ as: 'done', reply })));
    expect(isComputing).toBe(true);
  });

  it('is cancelled at once while its child computes', async () => {
    const { pool, begin } = shop.open(kind, { lookAhead: 8 });
    await pool.start();
    const computing = await begin({ do: 'spin', ms: COMPUTING_MS });
    const cancellations = range(3).map(() => new Cancellation());
    const jobs = cancellations.map((cancellation) => pool.run({ do: 'hang' }, { cancellation }));
    let isComputing = true;
    void computing.outcome.then(() => (isComputing = false));

    for (const cancellation of cancellations) cancellation.request(new Error('revoked'));

    for (const outcome of await Promise.all(jobs)) expect(outcome).toMatchObject({ as: 'lost', started: false });
    expect(isComputing).toBe(true);
  });

  it('is given back at once when the pool drains while its child computes', async () => {
    const { pool, begin } = shop.open(kind, { lookAhead: 8 });
    await pool.start();
    const computing = await begin({ do: 'spin', ms: COMPUTING_MS });
    const jobs = range(3).map((value) => pool.run({ do: 'echo', value }));
    let isComputing = true;
    void computing.outcome.then(() => (isComputing = false));

    const drained = pool.stop('drain');

    for (const outcome of await Promise.all(jobs)) {
      expect(outcome).toMatchObject({ as: 'lost', started: false, charged: false });
    }
    expect(isComputing).toBe(true);
    await pool.stop('kill');
    await drained;
  });

  it('goes to another child when its own dies', async () => {
    const { pool, begin } = shop.open(kind, { lookAhead: 8 });
    await pool.start();
    const gate = path.join(shop.folder(), 'gate');
    await begin({ do: 'gate', file: gate }, { timeLimitMs: 100 });

    const outcomes = await Promise.all(range(5).map((value) => pool.run({ do: 'echo', value })));

    expect(outcomes).toEqual(range(5).map((reply) => ({ as: 'done', reply })));
  });

  it('makes way for an isolated job', async () => {
    const { pool, begin } = shop.open(kind, { children: 2, slots: 2, lookAhead: 8 });
    await pool.start();
    const gate = path.join(shop.folder(), 'gate');
    const gates = [await begin({ do: 'gate', file: gate }), await begin({ do: 'gate', file: gate })];
    const suspects = range(3).map(() => pool.run({ do: 'where' }, { isolated: true }));
    const others = range(20).map((value) => pool.run({ do: 'echo', value }));
    await others[0];

    await pool.run({ do: 'mark', file: gate, line: 'open' });

    for (const suspect of suspects) expect(await suspect).toMatchObject({ as: 'done', reply: { running: 1 } });
    for (const job of [...others, ...gates.map(({ outcome }) => outcome)])
      expect(await job).toMatchObject({ as: 'done' });
  });

  it('shares its writes', async () => {
    const { pool } = shop.open(kind, { lookAhead: 64 });
    await pool.start();

    await Promise.all(range(1_000).map((value) => pool.run({ do: 'echo', value })));

    const { jobs, framesSent, framesReceived, writes } = pool.traffic();
    expect(jobs).toBe(1_000);
    expect(framesSent).toBe(1_000);
    expect(framesReceived).toBe(2_001);
    expect(writes).toBeLessThan(500);
  });

  it('can be allowed while the pool runs, and no more than that', async () => {
    const { pool, begin } = shop.open(kind);
    await pool.start();
    const gate = path.join(shop.folder(), 'gate');
    const held = await begin({ do: 'gate', file: gate });
    const jobs = range(5).map((value) => pool.run({ do: 'echo', value }));
    expect(pool.traffic().framesSent).toBe(1);

    pool.setLookAhead(3);

    expect(pool.traffic().framesSent).toBe(4);
    const opener = shop.open(kind);
    await opener.pool.start();
    await opener.pool.run({ do: 'mark', file: gate, line: 'open' });
    expect(await Promise.all([held.outcome, ...jobs])).toHaveLength(6);
  });

  it('is at most 1024', () => {
    expect(() => shop.open(kind, { lookAhead: 1025 })).toThrowError(/"lookAhead" to be a whole number from 0 to 1024/);
  });
});
