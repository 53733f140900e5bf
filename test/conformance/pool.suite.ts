import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

import { Cancellation } from '../../lib/pools/index.js';
import { begun, gated, lost, range, soon, started, type PoolCase } from './pool.bench.js';
import { resizeCases } from './pool-resize.cases.js';

const REPLIES = [null, true, 0, -1.5, '', 'tab\tand\nline', '☃ 🎈', [1, [2]], { a: { b: [] } }];

export const poolCases: readonly PoolCase[] = [
  {
    name: 'resolves with the reply of the body',
    run: async (bench) => {
      const pool = await started(bench, 1);

      const outcomes = await soon(bench, Promise.all(REPLIES.map((value) => pool.run({ do: 'echo', value }))));

      expect(outcomes).toEqual(REPLIES.map((reply) => ({ as: 'done', reply })));
    },
  },
  {
    name: 'tells the outcome of a submitted job, once',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const told: unknown[] = [];

      pool.submit({ do: 'echo', value: 1 }, {}, (outcome) => told.push(outcome));
      await soon(bench, pool.run({ do: 'echo', value: 2 }));

      expect(told).toEqual([{ as: 'done', reply: 1 }]);
    },
  },
  {
    name: 'carries a job and a reply of several megabytes',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const value = 'ä\u2028☃'.repeat(1_000_000);

      const outcome = await soon(bench, pool.run({ do: 'echo', value }));

      expect(outcome.as === 'done' && outcome.reply === value).toBe(true);
    },
  },
  {
    name: 'keeps jobs that come before its start',
    run: async (bench) => {
      const pool = bench.open(1);
      const outcome = pool.run({ do: 'echo', value: 1 });

      await soon(bench, pool.start());

      expect(await soon(bench, outcome)).toEqual({ as: 'done', reply: 1 });
    },
  },
  {
    name: 'starts one job after the other, in the order given, where it runs one at a time',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const file = path.join(bench.folder, 'order');

      await soon(bench, Promise.all(range(50).map((i) => pool.run({ do: 'mark', file, line: String(i) }))));

      expect(readFileSync(file, 'utf8').trim().split('\n').map(Number)).toEqual(range(50));
    },
  },
  {
    name: 'runs as many at once as its limit, and no more',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 2);
      expect(pool.limit).toBe(2);
      const jobs = range(5).map((i) => gated(bench, pool, `gate ${i}`));
      await soon(bench, Promise.all([jobs[0]!.started, jobs[1]!.started]));

      for (const [i, job] of jobs.entries()) {
        expect(jobs.filter((other) => other.isRunning())).toHaveLength(Math.min(2, jobs.length - i));
        job.open();
        await soon(bench, job.outcome);
        if (i + 2 < jobs.length) await soon(bench, jobs[i + 2]!.started);
      }
    },
  },
  {
    name: 'tells once that a body begins, before it ends, with the process that runs it',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const told: unknown[] = [];

      const outcome = await soon(bench, pool.run({ do: 'where' }, { onStarted: ({ pid }) => told.push(pid) }));

      expect(outcome.as === 'done' && (outcome.reply as { pid: number }).pid).toBe(told[0]);
      expect(told).toHaveLength(1);
    },
  },
  {
    name: 'ends a job that waits when it is cancelled, and never runs it',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const file = path.join(bench.folder, 'cancelled');
      const first = gated(bench, pool, 'gate');
      await soon(bench, first.started);
      const cancellation = new Cancellation();
      const second = pool.run({ do: 'mark', file, line: 'ran' }, { cancellation });

      cancellation.request(new Error('revoked'));

      expect(await soon(bench, second)).toEqual(lost({ started: false, charged: false, reason: /revoked/ }));
      first.open();
      await soon(bench, pool.run({ do: 'echo', value: 'after it' }));
      expect(existsSync(file)).toBe(false);
    },
  },
  {
    name: 'does not take a job that is cancelled already',
    run: async (bench) => {
      const pool = await started(bench, 1);

      const cancellation = new Cancellation();
      cancellation.request(new Error('too late'));

      const outcome = await soon(bench, pool.run({ do: 'hang' }, { cancellation }));

      expect(outcome).toEqual(lost({ started: false, charged: false, reason: /too late/ }));
    },
  },
  {
    name: 'aborts the signal of a running body with the same reason, and takes its reply',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const cancellation = new Cancellation();
      const job = begun(pool, { do: 'until-abort' }, { cancellation });
      await soon(bench, job.started);
      const reason = Object.assign(new Error('over 20 s'), {
        name: 'SoftTimeLimitExceeded',
        code: 'TQ_SOFT_TIME_LIMIT_EXCEEDED',
      });

      cancellation.request(reason);

      const { name, message, code } = reason;
      expect(await soon(bench, job.outcome)).toEqual({ as: 'done', reply: { name, message, code } });
    },
  },
  {
    name: 'ends a body at its hard limit, and goes on',
    run: async (bench) => {
      const pool = await started(bench, 1);

      const [outcome, next] = await soon(
        bench,
        Promise.all([pool.run({ do: 'hang' }, { timeLimitMs: 50 }), pool.run({ do: 'echo', value: 'next' })]),
      );

      expect(outcome).toEqual({ as: 'time-limit', limitMs: 50 });
      expect(next).toEqual({ as: 'done', reply: 'next' });
    },
  },
  {
    name: 'ends a body at its hard limit that computes without a pause',
    needs: ['kills'],
    run: async (bench) => {
      const pool = await started(bench, 1);

      const [outcome, next] = await soon(
        bench,
        Promise.all([
          pool.run({ do: 'spin', ms: 60_000 }, { timeLimitMs: 50 }),
          pool.run({ do: 'echo', value: 'next' }),
        ]),
      );

      expect(outcome).toEqual({ as: 'time-limit', limitMs: 50 });
      expect(next).toEqual({ as: 'done', reply: 'next' });
    },
  },
  {
    name: 'ends a running body when its cancellation terminates, also one cancelled before, and goes on',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const cancellation = new Cancellation();
      const job = begun(pool, { do: 'hang' }, { cancellation });
      await soon(bench, job.started);

      cancellation.request(new Error('please'));
      cancellation.terminate('SIGTERM');

      expect(await soon(bench, job.outcome)).toEqual({ as: 'terminated', signal: 'SIGTERM' });
      expect(await soon(bench, pool.run({ do: 'echo', value: 1 }))).toEqual({ as: 'done', reply: 1 });
    },
  },
  {
    name: 'terminates a body that computes without a pause, with any signal',
    needs: ['kills'],
    run: async (bench) => {
      const pool = await started(bench, 1);
      const cancellation = new Cancellation();
      const job = begun(pool, { do: 'spin', ms: 60_000 }, { cancellation });
      await soon(bench, job.started);

      cancellation.terminate('SIGQUIT');

      expect(await soon(bench, job.outcome)).toEqual({ as: 'terminated', signal: 'SIGQUIT' });
      expect(await soon(bench, pool.run({ do: 'echo', value: 1 }))).toEqual({ as: 'done', reply: 1 });
    },
  },
  {
    name: 'never runs a waiting job that is terminated, and disturbs no other',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const first = gated(bench, pool, 'gate');
      await soon(bench, first.started);
      const cancellation = new Cancellation();
      const second = pool.run({ do: 'hang' }, { cancellation });

      cancellation.terminate('SIGKILL', new Error('revoked'));

      expect(await soon(bench, second)).toEqual(lost({ started: false, charged: false, reason: /revoked/ }));
      first.open();
      expect(await soon(bench, first.outcome)).toMatchObject({ as: 'done' });
    },
  },
  {
    name: 'does not count the time that a job waits towards its limit',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const first = gated(bench, pool, 'gate');
      const second = pool.run({ do: 'echo', value: 'in time' }, { timeLimitMs: 1_000 });
      const third = pool.run({ do: 'hang' }, { timeLimitMs: 10 });
      await soon(bench, first.started);

      first.open();

      expect(await soon(bench, second)).toEqual({ as: 'done', reply: 'in time' });
      expect(await soon(bench, third)).toEqual({ as: 'time-limit', limitMs: 10 });
    },
  },
  {
    name: 'runs isolated jobs one at a time with no other in their process',
    needs: ['survives', 'several'],
    run: async (bench) => {
      const pool = await started(bench, 2);
      const jobs = range(20).map((i) => pool.run({ do: 'where' }, { isolated: i % 4 === 0 }));

      const outcomes = await soon(bench, Promise.all(jobs));

      const alone = outcomes.filter((_, i) => i % 4 === 0);
      expect(alone).toHaveLength(5);
      for (const outcome of alone) expect(outcome).toMatchObject({ as: 'done', reply: { running: 1 } });
    },
  },
  {
    name: 'runs isolated jobs in their turn where it runs one at a time',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const file = path.join(bench.folder, 'order');
      const mark = (i: number) => pool.run({ do: 'mark', file, line: String(i) }, { isolated: i % 2 === 0 });

      await soon(bench, Promise.all(range(9).map(mark)));

      expect(readFileSync(file, 'utf8').trim().split('\n').map(Number)).toEqual(range(9));
    },
  },
  {
    name: 'ends a job as lost and charged when its runner breaks its promise, and goes on',
    run: async (bench) => {
      const pool = await started(bench, 1);

      const outcome = await soon(bench, pool.run({ do: 'break-runner' }));

      expect(outcome).toEqual(lost({ started: true, charged: true, reason: /this runner is broken/ }));
      expect(await soon(bench, pool.run({ do: 'echo', value: 1 }))).toEqual({ as: 'done', reply: 1 });
    },
  },
  {
    name: 'outlives a body that ends its process, and charges that one alone',
    needs: ['survives'],
    run: async (bench) => {
      const pool = await started(bench, 1);
      const values = range(5);

      const [outcome, ...others] = await soon(
        bench,
        Promise.all([pool.run({ do: 'exit', code: 3 }), ...values.map((value) => pool.run({ do: 'echo', value }))]),
      );

      expect(outcome).toEqual(lost({ started: true, charged: true, reason: /exited with code 3/ }));
      expect(others).toEqual(values.map((reply) => ({ as: 'done', reply })));
    },
  },
  {
    name: 'says which error ended the process of a body',
    needs: ['survives'],
    run: async (bench) => {
      const pool = await started(bench, 1);

      const thrown = await soon(bench, pool.run({ do: 'throw-later', message: 'thrown in a timer' }));
      const rejected = await soon(bench, pool.run({ do: 'reject-later', message: 'nobody caught it' }));

      expect(thrown).toEqual(lost({ started: true, charged: true, reason: /TypeError: thrown in a timer/ }));
      expect(rejected).toEqual(lost({ started: true, charged: true, reason: /TypeError: nobody caught it/ }));
    },
  },
  {
    name: 'drains: ends what waits, waits for what runs, takes nothing more',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const running = gated(bench, pool, 'gate');
      const waiting = range(3).map((value) => pool.run({ do: 'echo', value }));
      await soon(bench, running.started);

      let isStopped = false;
      const stopped = pool.stop('drain').then(() => (isStopped = true));
      for (const outcome of await soon(bench, Promise.all(waiting))) {
        expect(outcome).toEqual(lost({ started: false, charged: false, reason: /stopping/ }));
      }
      expect(await soon(bench, pool.run({ do: 'echo', value: 1 }))).toEqual(lost({ started: false, charged: false }));
      expect(isStopped).toBe(false);
      running.open();

      expect(await soon(bench, running.outcome)).toMatchObject({ as: 'done' });
      await soon(bench, stopped);
    },
  },
  {
    name: 'stops at once when told to, charging nobody, also while it drains',
    run: async (bench) => {
      const pool = await started(bench, 1);
      const running = begun(pool, { do: 'hang' });
      await soon(bench, running.started);
      const drained = pool.stop('drain');

      await soon(bench, pool.stop('kill'));

      expect(await soon(bench, running.outcome)).toEqual(lost({ started: true, charged: false, reason: /stopped/ }));
      await soon(bench, drained);
    },
  },
  {
    name: 'can be stopped twice, and without ever having been started',
    run: async (bench) => {
      const pool = bench.open(1);
      const outcome = pool.run({ do: 'echo', value: 1 });

      await soon(bench, Promise.all([pool.stop('drain'), pool.stop('drain')]));
      await soon(bench, pool.stop('kill'));

      expect(await soon(bench, outcome)).toEqual(lost({ started: false, charged: false }));
    },
  },
  ...resizeCases,
  {
    name: 'gives each of many jobs its own reply',
    needs: ['several'],
    run: async (bench) => {
      const pool = await started(bench, 2);
      const values = range(2_000);

      const outcomes = await soon(bench, Promise.all(values.map((value) => pool.run({ do: 'echo', value }))));

      expect(outcomes).toEqual(values.map((reply) => ({ as: 'done', reply })));
    },
  },
];
