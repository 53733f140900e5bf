import { describe, expect, it } from 'vitest';

import { Cancellation } from '../../../lib/pools/index.js';
import { kinds, openShop } from './child-pools.js';

const shop = openShop();

describe.each(kinds)('%s children that are asked', (kind) => {
  it('answer beside their jobs, or say why they cannot', async () => {
    const { pool, begin } = shop.open(kind, { children: 1 });
    await expect(pool.ask('too early')).rejects.toThrow('No child of the pool is ready.');
    await pool.start();
    const cancellation = new Cancellation();
    const { outcome } = await begin({ do: 'until-abort' }, { cancellation });

    const answers = await Promise.all([pool.ask('one'), pool.ask('two\tparts')]);

    expect(answers).toEqual([`one, says ${kind}`, `two\tparts, says ${kind}`]);
    await expect(pool.ask('fail')).rejects.toMatchObject({ name: 'RangeError', message: 'no answer' });
    cancellation.request(new Error('enough'));
    expect((await outcome).as).toBe('done');
  });

  it('leave nobody waiting when they die', async () => {
    const { pool } = shop.open(kind, { children: 1 });
    await pool.start();

    await expect(pool.ask('die')).rejects.toThrow(/code 9 before it answered/);
  });
});
