import { describe, expect, it, vi } from 'vitest';
import { PoolResizeError } from '../../../lib/errors/index.js';
import { AsyncPool, MixedPool, type JobRunner, type Pool } from '../../../lib/pools/index.js';
import { VirtualClock } from '../../../lib/time/index.js';

interface Job {
  readonly in: string | undefined;
}

function setup() {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const gates: (() => void)[] = [];
  const runnerOf = (name: string): JobRunner<Job, string> => ({
    run: () => {
      ran.push(name);
      return new Promise((resolve) => gates.push(() => resolve(name)));
    },
  });
  const partOf = (name: string, limit: number): { name: string; pool: Pool<Job, string> } => ({
    name,
    pool: new AsyncPool({ runner: runnerOf(name), clock, limit, name }),
  });
  const parts = [partOf('a', 1), partOf('b', 2)] as const;
  const pool = new MixedPool<Job, string>({ parts, partOf: (job) => job.in });
  return { pool, parts, ran, open: () => gates.splice(0).forEach((gate) => gate()) };
}

describe('a pool that is mixed of others', () => {
  it('runs each job in the part that it asks for, else in the first', async () => {
    const { pool, ran, open } = setup();
    await pool.start();

    const jobs = ['b', 'a', undefined, 'b', 'c'].map((name) => pool.run({ in: name }));
    const begun = [...ran];
    for (let turn = 0; turn < 3; turn++) {
      open();
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(begun).toEqual(['b', 'a', 'b']);
    expect((await Promise.all(jobs)).map((outcome) => outcome.as === 'done' && outcome.reply)).toEqual([
      'b',
      'a',
      'a',
      'b',
      'a',
    ]);
  });

  it('counts all of its parts, and resizes the one that is named, else the first', async () => {
    const { pool, parts } = setup();
    await pool.start();
    const onResize = vi.fn();
    pool.onResize(onResize);

    pool.grow(3);
    pool.part('b').shrink(1);

    expect([pool.limit, pool.size]).toEqual([5, 5]);
    expect(parts.map((part) => part.pool.limit)).toEqual([4, 1]);
    expect(onResize).toHaveBeenCalledTimes(2);
    expect(() => pool.part('c')).toThrow(
      new PoolResizeError('The pool "c" cannot be resized: there is none. This worker has "a", "b".', 'c', 0),
    );
  });

  it('restarts and asks those parts that have children', async () => {
    const { parts } = setup();
    const [first, second] = parts;
    const restart = vi.fn();
    const withChildren = Object.assign(second.pool, { restart, ask: async (text: string) => `${text}!` });
    const pool = new MixedPool<Job, string>({
      parts: [first, { name: 'b', pool: withChildren }],
      partOf: (job) => job.in,
    });

    pool.restart();

    expect(restart).toHaveBeenCalledOnce();
    expect(await pool.ask('how')).toBe('how!');
  });

  it('stops all of them when one cannot start', async () => {
    const { parts } = setup();
    const [first, second] = parts;
    second.pool.start = () => Promise.reject(new Error('no'));
    const pool = new MixedPool<Job, string>({ parts, partOf: (job) => job.in });

    await expect(pool.start()).rejects.toThrow('no');

    expect(await first.pool.run({ in: 'a' })).toMatchObject({ as: 'lost', started: false });
  });
});
