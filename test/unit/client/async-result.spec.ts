import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  ClientClosedError,
  DecodeError,
  RemoteTaskError,
  ResultNotStoredError,
  ResultTimeoutError,
  TaskRevokedError,
  WaitInsideTaskError,
} from '../../../lib/errors/index.js';
import type { GetOptions } from '../../../lib/client/index.js';
import { errorRegistry } from '../../../lib/protocol/index.js';
import { insideTask, setupClient, turn, type ClientRig } from './fakes.js';

const FAILED = { exc_type: 'KeyError', exc_message: ['a', 1], exc_module: 'builtins' };

/** Lets what was started come to rest. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

describe.each([
  ['of a backend that pushes', true],
  ['of a backend that is polled', false],
])('AsyncResult %s', (_name, push) => {
  const setup = (): ClientRig => setupClient({ push });
  /** Lets time pass in which a poll finds what is new. */
  const pass = async ({ clock }: ClientRig): Promise<void> => {
    await settle();
    await clock.advance('2s');
    await settle();
  };

  it('waits for the value of a task', async () => {
    const rig = setup();
    const waiting = rig.client.result<number>('a').get();
    await pass(rig);

    await rig.backend.put('a', 'PROGRESS', 1);
    await rig.backend.put('a', 'SUCCESS', 42);
    await pass(rig);

    await expect(waiting).resolves.toBe(42);
  });

  it('finds a value that was stored before', async () => {
    const rig = setup();
    await rig.backend.put('a', 'SUCCESS', 'done');
    const waiting = rig.client.result('a').get();
    await pass(rig);

    await expect(waiting).resolves.toBe('done');
  });

  it('throws what a task threw, or returns it', async () => {
    const rig = setup();
    await rig.backend.put('a', 'FAILURE', FAILED, { traceback: 'Traceback …' });
    const result = rig.client.result('a');
    const thrown = result.get().catch((error: unknown) => error);
    const returned = result.get({ propagate: false });
    await pass(rig);

    expect(await thrown).toBeInstanceOf(RemoteTaskError);
    expect(await thrown).toMatchObject({ excType: 'KeyError', excArgs: ['a', 1], traceback: 'Traceback …' });
    expect(await returned).toBeInstanceOf(RemoteTaskError);
  });

  it('throws for a task that was revoked', async () => {
    const rig = setup();
    await rig.backend.put('a', 'REVOKED', {
      exc_type: 'TaskRevokedError',
      exc_message: ['expired'],
      exc_module: 'celery.exceptions',
    });
    await rig.backend.put('b', 'REVOKED', null);
    const results = Promise.allSettled([rig.client.result('a').get(), rig.client.result('b').get()]);
    await pass(rig);

    expect(await results).toMatchObject([{ reason: { reason: 'expired' } }, { reason: expect.any(TaskRevokedError) }]);
  });

  it('names id, state and seconds when it waited long enough', async () => {
    const rig = setup();
    await rig.backend.put('a', 'PROGRESS', 1);
    const waiting = rig.client
      .result('a')
      .get({ timeout: '1.5s' })
      .catch((error: unknown) => error);
    await pass(rig);

    const error = await waiting;
    expect(error).toBeInstanceOf(ResultTimeoutError);
    expect((error as Error).message).toBe('Task "a" did not finish within 1.5 s; its state is PROGRESS.');
  });

  it('names the store that it looked in where nothing was heard of the task', async () => {
    const rig = setup();
    const waiting = rig.client
      .result('a')
      .get({ timeout: '1s' })
      .catch((error: unknown) => error);
    await pass(rig);

    const error = await waiting;
    expect((error as Error).message).toBe(
      'Task "a" did not finish within 1 s; its state is PENDING. Check that a worker consumes its queue, ' +
        'and that it stores results where this client looks, in "fake:".',
    );
  });

  it('refuses a misspelt option rather than wait for ever', async () => {
    const options = { timout: '1s' } as GetOptions;

    const waiting = setup().client.result('a').get(options);

    await expect(waiting).rejects.toThrow('Unknown option "get.timout"; did you mean "timeout"?');
  });

  it('ends its wait with the signal and leaves nothing behind', async () => {
    const rig = setup();
    const control = new AbortController();
    const waiting = rig.client
      .result('a')
      .get({ signal: control.signal })
      .catch((error: unknown) => error);
    await settle();

    control.abort(new Error('enough'));
    await settle();

    expect(await waiting).toMatchObject({ message: 'enough' });
    expect(rig.backend.watched.size).toBe(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('ends all waiting when the client closes', async () => {
    const rig = setup();
    const waiting = rig.client
      .result('a')
      .get()
      .catch((error: unknown) => error);
    const updates = firstValueFrom(rig.client.result('b').updates$.pipe(toArray())).catch((error: unknown) => error);
    await settle();

    await rig.client.close();

    expect(await waiting).toBeInstanceOf(ClientClosedError);
    expect(await updates).toBeInstanceOf(ClientClosedError);
    await expect(rig.client.result('a').get()).rejects.toThrow(ClientClosedError);
    await expect(rig.client.result('a').state()).rejects.toThrow(ClientClosedError);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('tells each state once, and completes with the last one', async () => {
    const rig = setup();
    const updates = firstValueFrom(rig.client.result('a').updates$.pipe(toArray()));
    await pass(rig);
    for (const [state, value] of [
      ['STARTED', null],
      ['PROGRESS', { at: 1 }],
      ['PROGRESS', { at: 1 }],
      ['PROGRESS', { at: 2 }],
    ] as const) {
      await rig.backend.put('a', state, value);
      await pass(rig);
    }

    await rig.backend.put('a', 'SUCCESS', 5);
    await pass(rig);

    expect((await updates).map(({ state, info, ready }) => [state, info, ready])).toEqual([
      ['PENDING', undefined, false],
      ['STARTED', null, false],
      ['PROGRESS', { at: 1 }, false],
      ['PROGRESS', { at: 2 }, false],
      ['SUCCESS', 5, true],
    ]);
    expect(rig.backend.watched.size).toBe(0);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it('completes with a failure as the last update', async () => {
    const rig = setup();
    await rig.backend.put('a', 'FAILURE', FAILED);
    const updates = firstValueFrom(rig.client.result('a').updates$.pipe(toArray()));
    await pass(rig);

    expect(await updates).toMatchObject([{ state: 'FAILURE', info: expect.any(RemoteTaskError), ready: true }]);
  });

  it('reads states together, in one fetch', async () => {
    const rig = setup();
    await rig.backend.put('a', 'STARTED', { pid: 1 });

    const results = ['a', 'b'].map((id) => rig.client.result(id));
    const states = await Promise.all(results.map((result) => result.state()));

    expect(states).toEqual(['STARTED', 'PENDING']);
    expect(rig.backend.fetches).toEqual([['a', 'b']]);
    expect(await results[0]!.ready()).toBe(false);
    expect(await results[0]!.info()).toEqual({ pid: 1 });
    expect(await results[1]!.info()).toBeUndefined();
  });

  it('fails for a state that cannot be read, and for no other task', async () => {
    const rig = setup();
    const error = new DecodeError('gibberish');
    rig.backend.spoil('stored', error);
    const outcomes = ['stored', 'later', 'good'].map((id) =>
      rig.client
        .result(id)
        .get()
        .catch((reason: unknown) => reason),
    );
    const states = ['stored', 'good'].map((id) =>
      rig.client
        .result(id)
        .state()
        .catch((reason: unknown) => reason),
    );
    await pass(rig);

    rig.backend.spoil('later', error);
    await rig.backend.put('good', 'SUCCESS', 1);
    await pass(rig);

    expect(await Promise.all(outcomes)).toEqual([error, error, 1]);
    expect(await Promise.all(states)).toEqual([error, 'PENDING']);
    expect([rig.backend.watched.size, rig.clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe('AsyncResult', () => {
  it('is not thenable, and is its id in JSON', async () => {
    const { client } = setupClient();
    const result = client.result('a');

    expect(await Promise.resolve(result)).toBe(result);
    expect('then' in result).toBe(false);
    expect(JSON.stringify({ result })).toBe('{"result":{"id":"a"}}');
  });

  it('rebuilds errors of registered classes', async () => {
    class Declined extends Error {
      static readonly wire = { type: 'KeyError', module: 'builtins' };
    }
    const { client, backend } = setupClient({ client: { errors: errorRegistry([Declined]) } });
    await backend.put('a', 'FAILURE', FAILED);

    await expect(client.result('a').get()).rejects.toThrow(Declined);
  });

  it('remembers a final state', async () => {
    const { client, backend } = setupClient();
    await backend.put('a', 'SUCCESS', 1);
    const result = client.result('a');

    expect([await result.get(), await result.get(), await result.state()]).toEqual([1, 1, 'SUCCESS']);
    expect(backend.fetches).toHaveLength(1);
  });

  it('forgets', async () => {
    const { client, backend } = setupClient();
    await backend.put('a', 'SUCCESS', 1);
    const result = client.result('a');
    await result.get();

    await result.forget();

    expect(await result.state()).toBe('PENDING');
  });

  it('knows the tasks that its task sent', async () => {
    const { client, backend } = setupClient();
    await backend.put('a', 'SUCCESS', 1, { children: [[['b', null], null]] });
    await backend.put('b', 'SUCCESS', 2);

    const [child] = await client.result('a').children();

    expect(await child?.get()).toBe(2);
  });

  it('has a group among its children, as Python sends several links, however deep they are', async () => {
    const { client, backend } = setupClient();
    const task = (id: string) => [[id, null], null] as const;
    const inner = [
      ['g2', null],
      [task('c'), task('d')],
    ] as const;
    await backend.put('a', 'SUCCESS', 1, {
      children: [
        task('b'),
        [
          ['g1', null],
          [inner, task('e')],
        ],
        [['g3', null], []],
      ],
    });

    const children = await client.result('a').children();

    expect(children.map(({ id }) => id)).toEqual(['b', 'g1', 'g3']);
    expect(children[1]?.toTuple()).toEqual([
      ['g1', null],
      [inner, task('e')],
    ]);
    expect((await children[2]?.children())?.length).toBe(0);
  });

  it('refuses to wait for a result that is ignored', async () => {
    const { client } = setupClient();

    const result = await client.send('a', [], { ignoreResult: true });

    await expect(result.get()).rejects.toThrow(ResultNotStoredError);
    await expect(firstValueFrom(result.updates$)).rejects.toThrow(/ignored/);
  });

  it('says that no results are kept', async () => {
    const { client } = setupClient({ client: { backend: undefined } });
    const result = await client.send('a');

    await expect(result.get()).rejects.toThrow(/no result backend is configured/);
    await expect(result.state()).rejects.toThrow(ResultNotStoredError);
    await expect(firstValueFrom(result.updates$)).rejects.toThrow(ResultNotStoredError);
    await client.close();
  });

  it('refuses to wait inside of a task, unless told otherwise', async () => {
    const { client, backend } = setupClient();
    await backend.put('a', 'SUCCESS', 1);

    const refused = insideTask(() => client.result('a').get()).value;
    const allowed = insideTask(() => client.result('a').get({ disableSyncSubtasks: false })).value;

    await expect(refused).rejects.toThrow(WaitInsideTaskError);
    await expect(allowed).resolves.toBe(1);
  });

  it('serves all who wait through one watch, and fetches once', async () => {
    const { client, backend } = setupClient();
    const waiting = Array.from({ length: 100 }, (_, i) => client.result(`t${i}`).get());
    const again = client.result('t0').get();
    await settle();
    expect([backend.watches, backend.fetches.length, backend.watched.size]).toEqual([1, 1, 100]);

    for (let i = 0; i < 100; i++) await backend.put(`t${i}`, 'SUCCESS', i);

    expect(await Promise.all([...waiting, again])).toEqual([...Array.from({ length: 100 }, (_, i) => i), 0]);
    expect(backend.watched.size).toBe(0);
  });

  it('fails those who wait when the store cannot be watched, and tries again for the next', async () => {
    const { client, backend } = setupClient();
    backend.failure = new Error('down');
    await expect(client.result('a').get()).rejects.toThrow('down');
    backend.failure = undefined;

    await backend.put('a', 'SUCCESS', 1);

    await expect(client.result('a').get()).resolves.toBe(1);
  });

  it('polls on while a store is away for a moment, and gives up when it stays so', async () => {
    const { client, backend, clock } = setupClient({ push: false });
    backend.failure = new Error('down');
    const first = client.result('a').get();
    await settle();
    await clock.advance(15);
    backend.failure = undefined;
    await backend.put('a', 'SUCCESS', 1);
    await clock.advance('2s');
    await expect(first).resolves.toBe(1);

    backend.failure = new Error('down');
    const second = client
      .result('b')
      .get()
      .catch((error: unknown) => error);
    await settle();
    await clock.advance('10s');

    expect(await second).toMatchObject({ message: 'down' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('polls less and less often', async () => {
    const { client, backend, clock } = setupClient({ push: false });
    const control = new AbortController();
    const waiting = client
      .result('a')
      .get({ signal: control.signal })
      .catch(() => undefined);
    await settle();
    await clock.advance('10s');
    const early = backend.fetches.length;
    await clock.advance('60s');

    expect(early).toBeLessThan(25);
    expect(backend.fetches.length - early).toBe(60);
    control.abort();
    await waiting;
  });
});
