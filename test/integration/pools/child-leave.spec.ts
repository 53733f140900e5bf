import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { Cancellation } from '../../../lib/pools/index.js';
import { kinds, openShop } from './child-pools.js';

const shop = openShop();

describe.each(kinds)('%s children that are told to leave', (kind) => {
  it('close their application first', async () => {
    const leaveFile = path.join(shop.folder(), 'left');
    const { pool, begin, exits } = shop.open(kind, { children: 2, data: { leaveFile } });
    await pool.start();
    const cancellations = [new Cancellation(), new Cancellation()];
    // Both are up when two bodies run at once.
    await Promise.all(cancellations.map((cancellation) => begin({ do: 'until-abort' }, { cancellation })));
    for (const cancellation of cancellations) cancellation.request(new Error('enough'));

    await pool.stop('drain');

    expect(readFileSync(leaveFile, 'utf8').trim().split('\n').sort()).toEqual(['0', '1']);
    expect(exits.map(({ phase, replacedInMs }) => [phase, replacedInMs])).toEqual([
      ['leave', undefined],
      ['leave', undefined],
    ]);
    for (const { reason } of exits) expect(reason).toMatch(/exited with code 0$/);
  });

  it('are killed when they take too long', async () => {
    const { pool, exits } = shop.open(kind, { leaveGraceMs: 50, data: { leave: 'never' } });
    await pool.start();

    await pool.stop('drain');

    expect(exits).toMatchObject([{ phase: 'leave', reason: expect.stringMatching(/was ended by its pool/) }]);
  });

  it('say why they could not close their application', async () => {
    const { pool, exits } = shop.open(kind, { data: { leave: 'throws' } });
    await pool.start();

    await pool.stop('drain');

    expect(exits).toMatchObject([{ phase: 'leave', reason: expect.stringMatching(/RangeError: cannot close/) }]);
  });

  it('do not close it when they are killed', async () => {
    const leaveFile = path.join(shop.folder(), 'left');
    const { pool } = shop.open(kind, { data: { leaveFile } });
    await pool.start();

    await pool.stop('kill');

    expect(existsSync(leaveFile)).toBe(false);
    expect(pool.pids()).toEqual([]);
  });
});

describe('a child process', () => {
  it('ignores what a terminal or an init system sends to its whole group', async () => {
    const { pool, begin } = shop.open('prefork');
    await pool.start();
    const gate = path.join(shop.folder(), 'gate');
    const { pid, outcome } = await begin({ do: 'gate', file: gate });

    process.kill(pid, 'SIGINT');
    process.kill(pid, 'SIGTERM');
    const opener = shop.open('threads');
    await opener.pool.start();
    await opener.pool.run({ do: 'mark', file: gate, line: 'open' });

    expect(await outcome).toMatchObject({ as: 'done' });
    expect(pool.pids()).toEqual([pid]);
  });
});

describe('a child', () => {
  it.each(kinds)('of %s hands its role on to nothing that it starts', async (kind) => {
    const { pool } = shop.open(kind);
    await pool.start();

    expect(await pool.run({ do: 'read-env', name: 'TASK_QUEUE_CHILD' })).toEqual({ as: 'done', reply: null });
  });
});

describe('a codec that breaks its promise', () => {
  it.each([
    ['a line break', () => 'a\nb', /has a line break or a tab/],
    ['a tab', () => 'a\tb', /has a line break or a tab/],
    ['an error', () => JSON.stringify(1n), /writing it failed with TypeError/],
  ])('by %s has the job refused', async (_, encodeJob, message) => {
    const { pool } = shop.open('prefork', { codec: { encodeJob, decodeReply: (text) => text } });

    await expect(pool.run({ do: 'echo', value: 1 })).rejects.toThrowError(message);
  });

  it('by a reply it cannot read ends the job as lost', async () => {
    const decodeReply = (): never => {
      throw new SyntaxError('not mine');
    };
    const { pool } = shop.open('threads', { codec: { encodeJob: (body) => JSON.stringify(body), decodeReply } });
    await pool.start();

    expect(await pool.run({ do: 'echo', value: 1 })).toMatchObject({
      as: 'lost',
      started: true,
      reason: expect.stringMatching(/not mine/),
    });
  });
});
