import { of, EMPTY } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { TaskContext, type StandardSchema } from '../../../lib/tasks/index.js';
import { toWireError } from '../../../lib/protocol/index.js';
import { Ignore, Reject, TimeLimitExceeded } from '../../../lib/errors/index.js';
import { jobOf, runnable, setupTracer, stored } from './rig.js';

describe('TaskTracer', () => {
  it('calls the body with its context and arguments, and stores what it returns', async () => {
    const rig = setupTracer([runnable('add', (_context, a: number, b: number) => a + b, { params: ['a', 'b'] })]);

    const reply = await rig.run({ args: [1, 2], groupId: 'g', lineage: { rootId: 'r', parentId: 'p' } });

    expect(reply).toEqual({
      outcome: 'success',
      records: [
        {
          taskId: 'id-1',
          status: 'SUCCESS',
          result: '3',
          traceback: null,
          children: [],
          dateDoneMs: rig.clock.now(),
          groupId: 'g',
          parentId: 'p',
          extended: undefined,
        },
      ],
      successors: [],
      requeue: false,
      error: '',
      traceback: '',
      expected: false,
      runtimeMs: 0,
    });
  });

  it.each([
    ['a promise', () => Promise.resolve(1), 1],
    ['an Observable', () => of(1, 2), 2],
    ['an Observable without a value', () => EMPTY, null],
    ['a promise of an Observable', async () => of(3), 3],
    ['nothing', () => undefined, null],
    ['a date', () => new Date(0), { __type__: 'datetime', __value__: '1970-01-01T00:00:00+00:00' }],
  ])('takes %s', async (_what, body, result) => {
    const rig = setupTracer([runnable('a', body)]);

    expect(stored(await rig.run({}))).toEqual([{ status: 'SUCCESS', result }]);
  });

  it('gives the body all that its message says', async () => {
    let seen: TaskContext | undefined;
    const rig = setupTracer([
      runnable(
        'a',
        (context) => {
          seen = context;
        },
        { params: ['x'], timeLimit: '9s' },
      ),
    ]);

    await rig.run(
      {
        args: [1],
        headers: { tenant: 'a' },
        priority: 4,
        retries: 2,
        shadow: 's',
        softTimeLimitMs: 5_000,
        stampedHeaders: ['by'],
        stamps: { by: 'x' },
      },
      { redelivered: true },
    );

    expect(seen?.request).toMatchObject({
      id: 'id-1',
      task: 'a',
      args: [1],
      kwargs: {},
      rootId: 'id-1',
      parentId: undefined,
      retries: 2,
      shadow: 's',
      timeLimitMs: 9_000,
      softTimeLimitMs: 5_000,
      hostname: 'w1@host',
      origin: 'gen1@host',
      headers: { tenant: 'a' },
      stamps: { by: 'x' },
      stampedHeaders: ['by'],
      ignoreResult: false,
      deliveryInfo: { exchange: '', routingKey: 'celery', queue: 'celery', redelivered: true, priority: 4 },
    });
  });

  it('is current below the body, and nowhere else', async () => {
    const rig = setupTracer([
      runnable('a', async (context) => {
        await Promise.resolve();
        return TaskContext.current() === context;
      }),
    ]);

    expect(stored(await rig.run({}))).toEqual([{ status: 'SUCCESS', result: true }]);
    expect(TaskContext.current()).toBeUndefined();
  });

  it('runs the body inside of its propagators', async () => {
    const order: string[] = [];
    const propagators = [
      {
        capture: () => undefined,
        run: <T>(headers: Readonly<Record<string, unknown>>, body: () => T) => {
          order.push(String(headers['tenant']));
          return body();
        },
      },
    ];
    const rig = setupTracer(
      [
        runnable('a', () => {
          order.push('body');
        }),
      ],
      { propagators },
    );

    await rig.run({ headers: { tenant: 't' } });

    expect(order).toEqual(['t', 'body']);
  });

  it('matches keyword arguments to parameters', async () => {
    const rig = setupTracer([runnable('sub', (_context, a: number, b: number) => a - b, { params: ['a', 'b'] })]);

    expect(stored(await rig.run({ args: [5], kwargs: { b: 2 } }))).toEqual([{ status: 'SUCCESS', result: 3 }]);
  });

  it.each([
    ['too many arguments', { args: [1, 2] }, 'TypeError'],
    ['an unknown name', { args: [1], kwargs: { z: 1 } }, 'TypeError'],
  ])('fails for %s without calling the body', async (_what, request, type) => {
    let calls = 0;
    const rig = setupTracer([runnable('a', () => calls++, { params: ['x'], autoretryFor: [Error] })]);

    const reply = await rig.run(request);

    expect(reply.outcome).toBe('failure');
    expect(stored(reply)[0]).toMatchObject({ status: 'FAILURE', result: { exc_type: type } });
    expect(calls).toBe(0);
  });

  it('checks arguments and result by schema, and takes what it makes of them', async () => {
    const doubled: StandardSchema = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: Number(value) * 2 }) },
    };
    const refusing: StandardSchema = {
      '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'odd', path: ['a'] }] }) },
    };
    const rig = setupTracer([
      runnable('good', (_context, x: number) => x, { params: ['x'], schema: doubled, resultSchema: doubled }),
      runnable('bad', () => 1, { params: ['x'], schema: refusing }),
      runnable('worse', () => 1, { resultSchema: refusing }),
    ]);

    expect(stored(await rig.run({ task: 'good', args: ['2'] }))).toEqual([{ status: 'SUCCESS', result: 8 }]);
    expect((await rig.run({ task: 'bad', args: [1] })).error).toMatch(/odd/);
    expect((await rig.run({ task: 'worse' })).error).toMatch(/odd/);
  });

  it.each([
    [
      'an Error',
      () => {
        throw new RangeError('far');
      },
      { exc_type: 'ValueError', exc_message: ['far'], exc_module: 'builtins' },
    ],
    [
      'a text',
      () => {
        throw 'no';
      },
      { exc_type: 'Exception', exc_message: ['no'] },
    ],
    [
      'undefined',
      () => {
        throw undefined;
      },
      { exc_type: 'Exception' },
    ],
    [
      'a frozen error',
      () => {
        throw Object.freeze(new Error('cold'));
      },
      { exc_message: ['cold'] },
    ],
    [
      'an object whose every property throws',
      () => {
        throw new Proxy(
          {},
          {
            get: () => {
              throw new Error('trap');
            },
          },
        );
      },
      { exc_type: 'Exception' },
    ],
    [
      'an error whose message throws',
      () => {
        throw Object.defineProperty(new Error('x'), 'message', {
          get: () => {
            throw new Error('trap');
          },
        });
      },
      { exc_type: 'Exception' },
    ],
    [
      'an object without a prototype',
      () => {
        throw Object.create(null);
      },
      { exc_type: 'Exception' },
    ],
    ['a rejected promise', () => Promise.reject(new TypeError('late')), { exc_type: 'TypeError' }],
    [
      'a getter `then` that throws',
      () =>
        // oxlint-disable-next-line unicorn/no-thenable
        Object.defineProperty({}, 'then', {
          get: () => {
            throw new Error('then');
          },
        }),
      { exc_message: ['then'] },
    ],
    [
      'a result that contains itself',
      () => {
        const a: unknown[] = [];
        a.push(a);
        return a;
      },
      { exc_type: 'EncodeError' },
    ],
    ['a result that cannot be sent', () => ({ f: () => 1 }), { exc_type: 'EncodeError' }],
    [
      'a result whose toJSON throws',
      () => ({
        toJSON: () => {
          throw new Error('no');
        },
      }),
      { exc_type: 'EncodeError' },
    ],
  ])('fails for %s, and never rejects', async (_what, body, result) => {
    const rig = setupTracer([runnable('a', body)]);

    const reply = await rig.run({});

    expect(reply).toMatchObject({ outcome: 'failure', expected: false });
    expect(stored(reply)[0]).toMatchObject({ status: 'FAILURE', result });
    expect(reply.error).not.toBe('');
    expect(reply.error).not.toContain('\n');
    expect(reply.records[0]!.traceback).toContain('Traceback (most recent call last)');
    expect(rig.logged).toEqual([]);
  });

  it('marks errors that the task may throw, and spares their traceback', async () => {
    class Declined extends Error {}
    const rig = setupTracer([
      runnable(
        'a',
        () => {
          throw new Declined('no');
        },
        { throws: [Declined] },
      ),
    ]);

    const reply = await rig.run({});

    expect(reply).toMatchObject({ outcome: 'failure', expected: true, traceback: '' });
    expect(reply.records[0]!.traceback).toContain('Declined: no');
  });

  it('ignores, and rejects, as it is told', async () => {
    const rig = setupTracer([
      runnable('ignore', () => {
        throw new Ignore();
      }),
      runnable('requeue', () => {
        throw new Reject('busy', { requeue: true });
      }),
      runnable('reject', () => {
        throw new Reject('bad');
      }),
      runnable('twin', () => {
        throw Object.assign(new Error('of another copy'), { code: 'TQ_IGNORE' });
      }),
    ]);

    expect(await rig.run({ task: 'ignore' })).toMatchObject({ outcome: 'ignored', records: [], successors: [] });
    expect(await rig.run({ task: 'twin' })).toMatchObject({ outcome: 'ignored' });
    expect(await rig.run({ task: 'requeue' })).toMatchObject({
      outcome: 'rejected',
      requeue: true,
      records: [],
      error: 'Reject: busy',
    });
    const rejected = await rig.run({ task: 'reject' });
    expect(rejected).toMatchObject({ outcome: 'rejected', requeue: false });
    expect(stored(rejected)).toEqual([
      {
        status: 'FAILURE',
        result: { exc_type: 'Reject', exc_message: ['bad', false], exc_module: 'celery.exceptions' },
      },
    ]);
  });

  it('stores nothing where results are ignored, but what a task wants stored of its failures', async () => {
    const failing = () => {
      throw new Error('no');
    };
    const rig = setupTracer([
      runnable('a', () => 1, { ignoreResult: true }),
      runnable('b', failing, { ignoreResult: true }),
      runnable('c', failing, { ignoreResult: true, storeErrorsEvenIfIgnored: true }),
      runnable('d', (context) => context.progress(1)),
    ]);

    expect((await rig.run({ task: 'a' })).records).toEqual([]);
    expect((await rig.run({ task: 'b' })).records).toEqual([]);
    expect((await rig.run({ task: 'c' })).records).toHaveLength(1);
    expect((await rig.run({ task: 'd', ignoreResult: true })).records).toEqual([]);
    expect((await rig.run({ task: 'a', ignoreResult: false })).records).toEqual([]); // as Python writes it, which knows nothing of the task
    expect(rig.backend.writes).toEqual([]);
  });

  it('says that a message cannot be decoded', async () => {
    const rig = setupTracer([runnable('a', () => 1)]);
    const message = rig.messages.create({ task: 'a', args: [], kwargs: {} });
    const { signal } = new AbortController();

    const replies = await Promise.all([
      rig.tracer.run(jobOf({ ...message, body: '[' }), { signal }),
      rig.tracer.run(jobOf({ ...message, body: '5' }), { signal }),
      rig.tracer.run(jobOf({ ...message, contentType: 'application/x-python-serialize' }), { signal }),
      rig.tracer.run(jobOf({ ...message, headers: '{"task": "a"}' }), { signal }),
    ]);

    expect(replies.map(({ outcome }) => outcome)).toEqual(['undecodable', 'undecodable', 'undecodable', 'undecodable']);
    expect(replies.map(({ error }) => error)).toEqual([
      expect.stringMatching(/JSON/),
      expect.stringMatching(/"body"/),
      expect.stringMatching(/ContentDisallowed/),
      expect.stringMatching(/"id"/),
    ]);
  });

  it('fails a task of whose message only the body cannot be read, as somebody may wait for it', async () => {
    const rig = setupTracer([runnable('a', () => 1)]);
    const chain = [{ task: 'b', subtask_type: 'graph' }];
    const message = rig.messages.create({ task: 'a', id: 'id-1', args: [], kwargs: {} });
    const unstored = rig.messages.create({ task: 'a', id: 'id-2', args: [], kwargs: {}, ignoreResult: true });
    const { signal } = new AbortController();
    const body = JSON.stringify([[], {}, { chain }]);

    const reply = await rig.tracer.run(jobOf({ ...message, body }), { signal });
    const ignored = await rig.tracer.run(jobOf({ ...unstored, body }), { signal });

    expect(reply.records).toMatchObject([{ taskId: 'id-1', status: 'FAILURE' }]);
    expect(reply.error).toBe(
      'InvalidTaskMessage: Expected field "chain[0].subtask_type" of a task message to be "chain", "group", "chord" or null, got "graph" (string).',
    );
    expect([ignored.outcome, ignored.records]).toEqual(['undecodable', []]);
  });

  it('fails a task that is not here, naming the nearest', async () => {
    const rig = setupTracer([runnable('send_invoice', () => 1)]);

    const reply = await rig.run({ task: 'send_invoise' });

    expect(reply.error).toMatch(/did you mean "send_invoice"/);
    expect(stored(reply)).toEqual([
      {
        status: 'FAILURE',
        result: { exc_type: 'NotRegistered', exc_message: ['send_invoise'], exc_module: 'celery.exceptions' },
      },
    ]);
  });

  it('fails by a verdict without calling the body', async () => {
    const calls: string[] = [];
    const hooks = { onFailure: [({ error }: { error: unknown }) => calls.push((error as Error).name)] };
    const rig = setupTracer([runnable('a', () => calls.push('body'), { hooks, autoretryFor: [Error] })]);
    const verdict = toWireError(new TimeLimitExceeded(5_000));

    const reply = await rig.run({ errbacks: [{ task: 'failed' }] }, { verdict });

    expect(calls).toEqual(['TimeLimitExceeded']);
    expect(stored(reply)).toEqual([
      {
        status: 'FAILURE',
        result: { exc_type: 'TimeLimitExceeded', exc_message: [5], exc_module: 'billiard.exceptions' },
      },
    ]);
    expect(reply.successors.map(({ task }) => task)).toEqual(['failed']);
    expect(reply.records[0]!.traceback).toBe(verdict.traceback);
  });

  it('refuses to be part of a chord where nobody counts its parts', async () => {
    const rig = setupTracer([runnable('a', () => 1)]);

    expect((await rig.run({ chord: { task: 'body' } })).error).toMatch(
      /ChordsNotSupportedError: .*counts its finished parts/,
    );
  });

  it('fails a task that returns what cannot be stored, and says that it is the result', async () => {
    const rig = setupTracer([runnable('a', () => ({ at: [() => 1] }))]);

    const reply = await rig.run({});

    expect(reply).toMatchObject({
      outcome: 'failure',
      error: expect.stringMatching(
        /^EncodeError: Task "a" returned what cannot be stored: Cannot encode "at\[0\]" as JSON/,
      ),
    });
  });

  it('stores what `results.extended` asks for', async () => {
    const rig = setupTracer([runnable('a', () => 1, { params: ['x'] })], { results: { extended: true } });

    const { records } = await rig.run({ args: [5], retries: 1, queue: 'q' });

    expect(records[0]!.extended).toEqual({
      name: 'a',
      args: '[5]',
      kwargs: '{}',
      worker: 'w1@host',
      retries: 1,
      queue: 'q',
    });
  });
});
