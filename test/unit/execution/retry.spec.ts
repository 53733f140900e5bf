import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MaxRetriesExceededError, Retry, type RetryChanges } from '../../../lib/errors/index.js';
import { autoretryDelayMs, isAutoretried, isExhausted } from '../../../lib/execution/retry-policy.js';
import type { TaskContext } from '../../../lib/tasks/index.js';
import { bodyOf, define, headersOf } from '../client/fakes.js';
import { jobOf, runnable, setupTracer, stored } from './rig.js';

class Flaky extends Error {}
class Fatal extends Flaky {}

describe('ctx.retry', () => {
  const retrying = (changes?: RetryChanges) =>
    runnable('a', (context: TaskContext) => context.retry(changes), { params: ['x'] });

  it('sends the same task again, with all that its message said', async () => {
    const rig = setupTracer([retrying({ countdown: '3s', error: new Flaky('again') })]);
    const request = {
      args: [1],
      queue: 'q',
      retries: 1,
      groupId: 'g',
      groupIndex: 2,
      shadow: 's',
      expiresMs: rig.clock.now() + 60_000,
      timeLimitMs: 9_000,
      softTimeLimitMs: 8_000,
      headers: { tenant: 't' },
      replyTo: 'me',
      wirePriority: 7,
      stampedHeaders: ['by'],
      stamps: { by: 'x' },
      argsRepr: '(***)',
      lineage: { rootId: 'r', parentId: 'p' },
      callbacks: [{ task: 'next' }],
      errbacks: [{ task: 'failed' }],
      chain: [{ task: 'last' }],
    };

    const reply = await rig.run(request);

    expect(reply).toMatchObject({ outcome: 'retry', error: 'Retry in 3s: Flaky: again' });
    const [message] = reply.successors;
    expect(message).toMatchObject({
      id: 'id-1',
      queue: 'q',
      routingKey: 'q',
      priority: 7,
      replyTo: 'me',
      etaMs: rig.clock.now() + 3_000,
    });
    expect(headersOf(message)).toMatchObject({
      retries: 2,
      eta: '2026-01-01T00:00:03+00:00',
      expires: '2026-01-01T00:01:00+00:00',
      group: 'g',
      group_index: 2,
      shadow: 's',
      timelimit: [9, 8],
      tenant: 't',
      root_id: 'r',
      parent_id: 'id-1',
      stamps: { by: 'x' },
      stamped_headers: ['by'],
      argsrepr: '(***)',
    });
    const [args, , embed] = bodyOf(message);
    expect(args).toEqual([1]);
    expect(['callbacks', 'errbacks', 'chain'].map((key) => (embed[key] as { task: string }[])[0]!.task)).toEqual([
      'next',
      'failed',
      'last',
    ]);
    expect(stored(reply)).toEqual([
      { status: 'RETRY', result: { exc_type: 'Flaky', exc_message: ['again'], exc_module: 'nest_task_queue' } },
    ]);
    expect(reply.records[0]).toMatchObject({ dateDoneMs: undefined, parentId: 'p', groupId: 'g' });
  });

  it('adds nothing that the message did not say', async () => {
    const propagators = [{ capture: () => ({ tenant: 'other' }), run: <T>(_headers: object, body: () => T) => body() }];
    const rig = setupTracer([runnable('a', (context) => context.retry(), { expires: '1h' })], { propagators });
    const message = rig.messages.create({ task: 'a', args: [], kwargs: {}, isResent: true });

    const [retry] = (await rig.tracer.run(jobOf(message), { signal: new AbortController().signal })).successors;

    expect(headersOf(retry)).toMatchObject({ expires: null });
    expect(headersOf(retry)).not.toHaveProperty('tenant');
    expect(retry?.expiration).toBeUndefined();
  });

  it('takes other arguments, queue, limits and priority', async () => {
    const rig = setupTracer([
      retrying({
        args: [2],
        kwargs: { k: 1 },
        queue: 'slow',
        priority: 9,
        timeLimit: '1m',
        softTimeLimit: '50s',
        eta: new Date('2026-01-02T00:00:00Z'),
      }),
    ]);

    const [message] = (await rig.run({ args: [1] })).successors;

    expect(message).toMatchObject({ queue: 'slow', routingKey: 'slow', exchange: '', priority: 9 });
    expect(headersOf(message)).toMatchObject({
      timelimit: [60, 50],
      eta: '2026-01-02T00:00:00+00:00',
      argsrepr: '(2,)',
    });
    expect(bodyOf(message).slice(0, 2)).toEqual([[2], { k: 1 }]);
  });

  it('waits as the task says where it says nothing, and not at all for 0', async () => {
    const byDefault = await setupTracer([retrying()]).run({ args: [1] });
    const atOnce = await setupTracer([retrying({ countdown: 0 })]).run({ args: [1] });

    expect(headersOf(byDefault.successors[0])['eta']).toBe('2026-01-01T00:03:00+00:00');
    expect(headersOf(atOnce.successors[0])['eta']).toBeNull();
    expect(atOnce.error).toBe('Retry now');
    expect(stored(byDefault)).toEqual([
      {
        status: 'RETRY',
        result: { exc_type: 'Retry', exc_message: ['Retry in 180s'], exc_module: 'celery.exceptions' },
      },
    ]);
  });

  it('throws the original error when no retry is left, so that the body can still catch it', async () => {
    const caught = runnable('b', (context) => {
      try {
        return context.retry({ error: new Flaky('x') });
      } catch (error) {
        return (error as Error).message;
      }
    });
    const rig = setupTracer([retrying({ error: new Flaky('worn out') }), caught]);

    const reply = await rig.run({ task: 'a', args: [1], retries: 3 });

    expect(reply).toMatchObject({ outcome: 'failure', error: 'Flaky: worn out', successors: [] });
    expect(stored(await rig.run({ task: 'b', retries: 3 }))).toEqual([{ status: 'SUCCESS', result: 'x' }]);
  });

  it('is not undone by an automatic retry', async () => {
    const rig = setupTracer([
      runnable('a', (context) => context.retry({ error: new Flaky('x'), maxRetries: 1 }), {
        autoretryFor: [Flaky],
        maxRetries: 9,
      }),
    ]);

    expect((await rig.run({ retries: 1 })).outcome).toBe('failure');
  });

  it.each([
    ['countdown', { countdown: '3 parsecs' }, /"retry.countdown"/],
    ['priority', { priority: 12 }, /"retry.priority"/],
    ['arguments', { args: [() => 1] }, /^EncodeError/],
  ])('fails the task for a %s that cannot be used', async (_what, changes, error) => {
    const reply = await setupTracer([retrying(changes)]).run({ args: [1] });

    expect(reply.outcome).toBe('failure');
    expect(reply.error).toMatch(error);
  });

  it('can be thrown as an error, also by another copy of this library', async () => {
    const rig = setupTracer([
      runnable('own', () => {
        throw new Retry({ countdown: 1_000 });
      }),
      runnable('twin', () => {
        throw Object.assign(new Error('retry'), { code: 'TQ_RETRY', changes: { countdown: 1_000 } });
      }),
      runnable('bare', () => {
        throw Object.assign(new Error('retry'), { code: 'TQ_RETRY' });
      }),
    ]);

    for (const task of ['own', 'twin', 'bare']) expect((await rig.run({ task })).outcome).toBe('retry');
    expect((await rig.run({ task: 'own', retries: 3 })).error).toMatch(/^MaxRetriesExceededError/);
  });

  it('goes on for ever where it may', async () => {
    const rig = setupTracer([runnable('a', (context) => context.retry(), { maxRetries: null })]);

    expect((await rig.run({ retries: 1_000_000 })).outcome).toBe('retry');
  });
});

describe('automatic retries', () => {
  it('are made for the errors that are named, and for no others', async () => {
    const task = (error: Error) =>
      runnable(
        'a',
        () => {
          throw error;
        },
        { autoretryFor: [Flaky], dontAutoretryFor: [Fatal] },
      );

    expect((await setupTracer([task(new Flaky('x'))]).run({})).outcome).toBe('retry');
    expect((await setupTracer([task(new Fatal('x'))]).run({})).outcome).toBe('failure');
    expect((await setupTracer([task(new Error('x'))]).run({})).outcome).toBe('failure');
  });

  it('end with the original error', async () => {
    const rig = setupTracer([
      runnable(
        'a',
        () => {
          throw new Flaky('x');
        },
        { autoretryFor: [Flaky], maxRetries: 2 },
      ),
    ]);

    expect((await rig.run({ retries: 1 })).outcome).toBe('retry');
    expect(await rig.run({ retries: 2 })).toMatchObject({ outcome: 'failure', error: 'Flaky: x' });
  });

  it('wait longer and longer', async () => {
    const rig = setupTracer([
      runnable(
        'a',
        () => {
          throw new Flaky('x');
        },
        { autoretryFor: [Flaky], retryBackoff: true, retryJitter: false, maxRetries: null },
      ),
    ]);

    const waits: number[] = [];
    for (const retries of [0, 1, 2, 3, 20]) {
      const [message] = (await rig.run({ retries })).successors;
      waits.push((message!.etaMs ?? 0) - rig.clock.now());
    }

    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 600_000]);
  });

  it('are never made for a refused guard', () => {
    const forbidden = Object.assign(new Error('no'), { code: 'TQ_TASK_FORBIDDEN' });

    expect(isAutoretried(forbidden, { autoretryFor: [Error], dontAutoretryFor: [] })).toBe(false);
  });
});

describe('the wait of an automatic retry', () => {
  const rules = fc.record({
    backoffMs: fc.integer({ min: 1, max: 100_000 }),
    maxMs: fc.integer({ min: 1, max: 1_000_000 }),
    retries: fc.integer({ min: 0, max: 2_000 }),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    jitter: fc.boolean(),
  });
  const options = ({ backoffMs, maxMs, jitter }: { backoffMs: number; maxMs: number; jitter: boolean }) =>
    define('a', { retryBackoff: backoffMs, retryBackoffMax: maxMs, retryJitter: jitter }).options;

  it('lies between nothing and its longest', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const wait = autoretryDelayMs(options(given), given.retries, () => given.random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(given.maxMs);
      }),
    );
  });

  it('without jitter begins with the back-off and never gets shorter', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const exact = options({ ...given, jitter: false });
        expect(autoretryDelayMs(exact, 0)).toBe(Math.min(given.backoffMs, given.maxMs));
        expect(autoretryDelayMs(exact, given.retries + 1)).toBeGreaterThanOrEqual(
          autoretryDelayMs(exact, given.retries),
        );
      }),
    );
  });

  it('with jitter is never longer than without', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const spread = autoretryDelayMs(options({ ...given, jitter: true }), given.retries, () => given.random);
        expect(spread).toBeLessThanOrEqual(autoretryDelayMs(options({ ...given, jitter: false }), given.retries));
      }),
    );
  });
});

describe('isExhausted', () => {
  it('holds from the allowed number of retries on, and never for null', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (retries, max) => {
        expect(isExhausted(retries, max)).toBe(retries >= max);
        expect(isExhausted(retries, null)).toBe(false);
      }),
    );
  });
});

describe('MaxRetriesExceededError', () => {
  it('reads as Celery writes it', async () => {
    const rig = setupTracer([runnable('a', (context) => context.retry(), { params: ['x'], maxRetries: 0 })]);

    const reply = await rig.run({ args: [1] });

    expect(reply.error).toBe(`${MaxRetriesExceededError.name}: Can't retry a[id-1] args:(1,) kwargs:{}`);
  });
});
