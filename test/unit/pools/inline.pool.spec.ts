import { describe, expect, it } from 'vitest';

import { AsyncPool, SoloPool, type AbandonedBody, type RunControl } from '../../../lib/pools/index.js';
import { VirtualClock } from '../../../lib/time/index.js';

/** Bodies that end when the test says so. */
function setup(limit: number) {
  const clock = new VirtualClock();
  const begun: string[] = [];
  const controls = new Map<string, RunControl>();
  const endings = new Map<string, (reply: string) => void>();
  const abandoned: AbandonedBody<string>[] = [];
  const runner = {
    run(job: string, control: RunControl) {
      begun.push(job);
      controls.set(job, control);
      return new Promise<string>((resolve) => endings.set(job, resolve));
    },
  };
  const options = { runner, clock, onAbandoned: (body: AbandonedBody<string>) => abandoned.push(body) };
  const pool =
    limit === 1 ? new SoloPool<string, string>(options) : new AsyncPool<string, string>({ ...options, limit });
  const end = (job: string) => endings.get(job)?.(`${job} done`);
  return { abandoned, begun, clock, controls, end, pool };
}

describe('InlinePool', () => {
  it('runs as many at once as its limit, in the order given', async () => {
    const { begun, end, pool } = setup(2);
    await pool.start();
    const runs = ['a', 'b', 'c'].map((job) => pool.run(job));
    expect(begun).toEqual(['a', 'b']);

    end('b');
    await runs[1];

    expect(begun).toEqual(['a', 'b', 'c']);
  });

  it('keeps jobs until it is started', async () => {
    const { begun, pool } = setup(2);
    void pool.run('a');
    expect(begun).toEqual([]);

    await pool.start();

    expect(begun).toEqual(['a']);
  });

  it('gives up on a body at its hard limit, aborts its signal and frees the slot', async () => {
    const { abandoned, begun, clock, controls, pool } = setup(1);
    await pool.start();
    const run = pool.run('a', { timeLimitMs: 100 });
    void pool.run('b');

    await clock.advance(100);

    expect(await run).toEqual({ as: 'time-limit', limitMs: 100 });
    expect(controls.get('a')?.signal.reason).toMatchObject({ code: 'TQ_JOB_ABANDONED' });
    expect(abandoned).toMatchObject([{ job: 'a', reason: 'it ran into its hard limit of 100 ms' }]);
    expect(begun).toEqual(['a', 'b']);
  });

  it('ignores the late reply of an abandoned body, and tells when it ended', async () => {
    const { abandoned, clock, end, pool } = setup(1);
    await pool.start();
    const run = pool.run('a', { timeLimitMs: 100 });
    await clock.advance(100);

    end('a');
    await abandoned[0]?.ended;

    expect(await run).toEqual({ as: 'time-limit', limitMs: 100 });
  });

  it('counts a limit from the start of the body', async () => {
    const { clock, end, pool } = setup(1);
    await pool.start();
    const first = pool.run('a');
    const second = pool.run('b', { timeLimitMs: 100 });
    await clock.advance(500);

    end('a');
    await first;
    await clock.advance(99);
    end('b');

    expect(await second).toMatchObject({ as: 'done' });
  });

  it('runs one isolated job at a time, beside others', async () => {
    const { begun, end, pool } = setup(3);
    await pool.start();
    const first = pool.run('suspect 1', { isolated: true });
    void pool.run('suspect 2', { isolated: true });
    void pool.run('plain');
    expect(begun).toEqual(['suspect 1', 'plain']);

    end('suspect 1');
    await first;

    expect(begun).toEqual(['suspect 1', 'plain', 'suspect 2']);
  });

  it('keeps the order between isolated and other jobs where all wait', async () => {
    const { begun, end, pool } = setup(1);
    await pool.start();
    const first = pool.run('a');
    void pool.run('suspect', { isolated: true });
    void pool.run('b');

    end('a');
    await first;

    expect(begun).toEqual(['a', 'suspect']);
  });

  it('ends a job as lost and charged when its runner breaks the promise never to reject', async () => {
    const { clock } = setup(1);
    const broken = {
      run: () => {
        throw new Error('no runner');
      },
    };
    const pool = new SoloPool<string, string>({ runner: broken, clock });
    await pool.start();

    const outcome = await pool.run('a');

    expect(outcome).toEqual({
      as: 'lost',
      started: true,
      charged: true,
      reason: 'its runner failed: Error: no runner',
    });
  });

  it('leaves no timer behind when stopped', async () => {
    const { clock, end, pool } = setup(2);
    await pool.start();
    void pool.run('a', { timeLimitMs: 1_000 });
    end('a');

    await pool.stop('drain');

    expect(clock.pendingTimers).toBe(0);
  });
});
