import { describe, expect, it, vi } from 'vitest';
import {
  ClientClosedError,
  EncodeError,
  InvalidOptionError,
  PayloadValidationError,
  TaskArgumentsError,
  TaskNotDeclaredError,
  UnknownOptionError,
  UnsupportedByBrokerError,
} from '../../../lib/errors/index.js';
import type { PublishSignals, TaskPublishEvent } from '../../../lib/client/index.js';
import { bodyOf, define, headersOf, insideTask, setupClient } from './fakes.js';

class Tasks {
  send(_id: string, _count?: number): Promise<number> {
    return Promise.resolve(1);
  }
  helper(): void {}
}

const send = define('send', { params: ['id', 'count?'], queue: 'important', priority: 7 });

describe('TaskClient.for', () => {
  it('sends a method by the name and options of its task', async () => {
    const { client, broker } = setupClient({ definitions: [send] });

    const result = await client.for(Tasks).send.delay('inv_1', 2);

    const [message] = broker.messages;
    expect(message).toMatchObject({
      id: result.id,
      task: 'send',
      queue: 'important',
      routingKey: 'important',
      exchange: '',
      priority: 7,
    });
    expect(bodyOf(message)).toEqual([['inv_1', 2], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]);
    expect(headersOf(message)).toMatchObject({
      task: 'send',
      id: result.id,
      root_id: result.id,
      parent_id: null,
      retries: 0,
    });
  });

  it('names class and method where there is no task', () => {
    const { client } = setupClient({ definitions: [send] });

    expect(() => client.for(Tasks).helper).toThrow(TaskNotDeclaredError);
    expect(() => client.for(Tasks).helper).toThrow(/Method "helper" of class "Tasks" is not a task/);
  });

  it.each([
    [undefined, 'a class whose methods are tasks (do two files import each other?), got undefined'],
    [new Tasks(), 'a class whose methods are tasks, got Tasks (object)'],
  ])('refuses what is no class: %o', (target, expected) => {
    const { client } = setupClient({ definitions: [send] });

    expect(() => client.for(target as unknown as typeof Tasks)).toThrow(expected);
  });

  it('suggests the task that was meant', () => {
    const { client } = setupClient({ definitions: [send] });
    const tasks = client.for(Tasks) as unknown as Record<string, unknown>;

    expect(() => tasks['sent']).toThrow(/did you mean "send"/);
  });

  it('can be awaited, printed and compared', async () => {
    const { client } = setupClient({ definitions: [send] });
    const tasks = client.for(Tasks);

    expect(await Promise.resolve(tasks)).toBe(tasks);
    expect(JSON.stringify(tasks)).toBe('{}');
    expect('send' in tasks).toBe(true);
    expect('helper' in tasks).toBe(false);
    expect(client.for(Tasks)).toBe(tasks);
    expect(tasks.send).toBe(tasks.send);
  });
});

describe('TaskClient.send', () => {
  it('sends a task that is not declared here to the default queue', async () => {
    const { client, broker } = setupClient();

    await client.send('proj.add', [1, 2], { kwargs: { debug: true } });

    expect(broker.messages[0]).toMatchObject({ task: 'proj.add', queue: 'celery', priority: 0 });
    expect(bodyOf(broker.messages[0]).slice(0, 2)).toEqual([[1, 2], { debug: true }]);
  });

  it.each([
    ['countdown', { countdown: '10s' }, { eta: '2026-01-01T00:00:10+00:00' }, {}],
    ['eta', { eta: new Date('2026-01-02T03:04:05.678Z') }, { eta: '2026-01-02T03:04:05.678000+00:00' }, {}],
    ['expires', { expires: '1m' }, { expires: '2026-01-01T00:01:00+00:00' }, { expiration: '60000' }],
    ['time limits', { timeLimit: '30s', softTimeLimit: 20_000 }, { timelimit: [30, 20] }, {}],
    ['headers', { headers: { tenant: 'a' } }, { tenant: 'a' }, {}],
    [
      'shadow and representations',
      { shadow: 's', argsrepr: '***', kwargsrepr: '!' },
      { shadow: 's', argsrepr: '***', kwargsrepr: '!' },
      {},
    ],
    ['ignoreResult', { ignoreResult: true }, { ignore_result: true }, {}],
    [
      'an own id and queue',
      { taskId: 'mine', queue: 'q' },
      { id: 'mine', root_id: 'mine' },
      { id: 'mine', correlationId: 'mine', queue: 'q' },
    ],
    ['a priority', { priority: 3 }, {}, { priority: 3 }],
  ] as const)('writes %s', async (_what, options, headers, message) => {
    const { client, broker } = setupClient();

    await client.send('a', [], options);

    expect(headersOf(broker.messages[0])).toMatchObject(headers);
    expect(broker.messages[0]).toMatchObject(message);
  });

  it('translates priorities for a broker that serves the lowest first', async () => {
    const { client, broker } = setupClient({ priorityOrder: 'lowest-first', tasks: { defaultPriority: 4 } });

    await Promise.all([client.send('a', [], { priority: 9 }), client.send('a'), client.send('a', [], { priority: 0 })]);

    expect(broker.messages.map(({ priority }) => priority)).toEqual([0, 5, 9]);
  });

  it('sends links as signatures with priorities of the wire', async () => {
    const { client, broker } = setupClient({ priorityOrder: 'lowest-first' });
    const next = client.remote<[number], void>('next').s().set({ priority: 8 });

    await client.send<number>('a', [], { link: next, linkError: [client.remote('failed').si()] });

    const [, , embed] = bodyOf(broker.messages[0]);
    expect(embed).toMatchObject({
      callbacks: [{ task: 'next', options: { priority: 1 }, immutable: false }],
      errbacks: [{ task: 'failed', immutable: true }],
    });
  });

  it.each([
    ['an unknown option', { countDown: 1 }, UnknownOptionError],
    ['a countdown with an eta', { countdown: 1, eta: new Date() }, InvalidOptionError],
    ['a priority above 9', { priority: 10 }, InvalidOptionError],
    ['a link that is no signature', { link: 'next' }, InvalidOptionError],
    ['a header with a name of Celery', { headers: { task: 'x' } }, EncodeError],
    ['an invalid date', { eta: new Date(NaN) }, InvalidOptionError],
  ])('refuses %s before anything is published', async (_what, options, error) => {
    const { client, broker } = setupClient();

    await expect(client.send('a', [], options as object)).rejects.toThrow(error);
    expect(broker.connects).toBe(0);
  });

  it('names the argument that cannot be sent', async () => {
    const { client } = setupClient();

    await expect(client.send('a', [1, { user: () => 1 }])).rejects.toThrow(/"args\[1\]\.user"/);
  });

  it('refuses arguments that do not fit a task declared here', async () => {
    const { client, broker } = setupClient({ definitions: [send] });

    await expect(client.send('send')).rejects.toThrow(TaskArgumentsError);
    await expect(client.send('send', [1, 2, 3])).rejects.toThrow(/takes from 1 to 2 positional/);
    expect(broker.messages).toEqual([]);
  });

  it('has the task check its arguments, those given by name included', async () => {
    const validate = vi.fn(async ([id]: readonly unknown[]) => {
      if (id === 'bad') throw new PayloadValidationError('send', 'arguments', [{ message: 'no', path: 'id' }]);
    });
    const { client, broker } = setupClient({ definitions: [define('send', { params: ['id', 'count?'], validate })] });

    await client.for(Tasks).send.applyAsync([], { kwargs: { id: 'good', count: 1 } });
    await expect(client.for(Tasks).send.delay('bad')).rejects.toThrow(PayloadValidationError);

    expect(validate).toHaveBeenNthCalledWith(1, ['good', 1]);
    expect(broker.messages).toHaveLength(1);
    expect(bodyOf(broker.messages[0])[1]).toEqual({ id: 'good', count: 1 });
  });

  it('makes what a task sends its child', async () => {
    const { client, broker } = setupClient();

    const { context, value } = insideTask(() => client.send('a'));
    const result = await value;

    expect(headersOf(broker.messages[0])).toMatchObject({ root_id: 'root', parent_id: 'parent' });
    expect(context.children).toEqual([result.id]);
  });

  it('sends along what propagators capture, under what the sender gives', async () => {
    const propagators = [
      { capture: () => ({ tenant: 'a', trace: 1 }), run: <T>(_headers: object, body: () => T) => body() },
    ];
    const { client, broker } = setupClient({ propagators });

    await client.send('a', [], { headers: { tenant: 'b' } });

    expect(headersOf(broker.messages[0])).toMatchObject({ tenant: 'b', trace: 1 });
  });
});

describe('the connection of a TaskClient', () => {
  it('is made with the first use and shared', async () => {
    const { client, broker } = setupClient();
    expect(broker.connects).toBe(0);

    await Promise.all([client.send('a'), client.send('b')]);
    await client.send('c');

    expect(broker.connects).toBe(1);
  });

  it('is tried again after it failed', async () => {
    const { client, broker } = setupClient();
    broker.refusal = new Error('refused');

    const outcomes = await Promise.allSettled([client.send('a'), client.send('b')]);
    await client.send('c');

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(broker.messages.map(({ task }) => task)).toEqual(['c']);
  });

  it('hands what is sent in one turn to the broker in one step, in order', async () => {
    const { client, broker } = setupClient();

    await Promise.all(['a', 'b', 'c'].map((name) => client.send(name)));

    expect(broker.batches.map((batch) => batch.map(({ task }) => task))).toEqual([['a', 'b', 'c']]);
  });

  it('hands over early what is worth a step of its own to the broker, in a few steps and in order', async () => {
    const { client, broker } = setupClient({ sendsEarlyFrom: 3 });
    const names = Array.from({ length: 11 }, (_, index) => `t${index}`);
    await client.send('first'); // connected

    await Promise.all(names.map((name) => client.send(name)));

    expect(broker.batches.map((batch) => batch.length)).toEqual([1, 3, 3, 5]);
    expect(broker.messages.map(({ task }) => task)).toEqual(['first', ...names]);
  });

  it('closes with what was sent, once, and takes nothing more', async () => {
    const { client, broker, backend } = setupClient();
    const sending = client.send('a');

    await Promise.all([client.close(), client.close()]);

    await sending.catch(() => undefined);
    await expect(client.send('b')).rejects.toThrow(ClientClosedError);
    expect([broker.closes, backend.closes]).toEqual([1, 1]);
  });

  it('leaves connections alone that are not its own', async () => {
    const { client, broker, backend } = setupClient({ client: { ownsConnections: false } });
    await broker.connect();

    await client.send('a');
    await client.close();

    expect([broker.connects, broker.closes, backend.closes]).toEqual([1, 0, 0]);
  });

  it('waits in close for what is under way', async () => {
    const { client, broker } = setupClient();
    let open = (): void => undefined;
    broker.gate = new Promise((resolve) => (open = resolve));
    const sending = client.send('a');
    await new Promise((resolve) => setImmediate(resolve));

    const closing = client.close();
    open();
    await closing;

    await expect(sending).resolves.toBeDefined();
    expect(broker.messages).toHaveLength(1);
  });
});

describe('TaskClient.cancel', () => {
  it('revokes what has these roots or groups', async () => {
    const { client, broker } = setupClient();
    await client.cancel('a', { cancel: true, expires: '1h' });
    await client.cancel(['b', 'c']);

    expect(broker.revoked).toEqual([
      { ids: ['workflow:a'], ttlMs: 3_600_000, running: { as: 'cancel' } },
      { ids: ['workflow:b', 'workflow:c'], ttlMs: 86_400_000 },
    ]);
  });
});

describe('TaskClient.revoke', () => {
  it('tells the broker, for a day unless said otherwise', async () => {
    const { client, broker } = setupClient();

    await client.revoke('a');
    await client.revoke(['b', 'c'], { expires: '1h' });

    expect(broker.revoked).toEqual([
      { ids: ['a'], ttlMs: 86_400_000 },
      { ids: ['b', 'c'], ttlMs: 3_600_000 },
    ]);
  });

  it('tells what becomes of those that run', async () => {
    const { client, broker } = setupClient();

    await client.revoke('a', { terminate: true });
    await client.result('b').revoke({ terminate: true, signal: 'SIGKILL' });
    await client.result('c').revoke({ cancel: true });

    expect(broker.revoked.map(({ ids, running }) => [...ids, running])).toEqual([
      ['a', { as: 'terminate', signal: 'SIGTERM' }],
      ['b', { as: 'terminate', signal: 'SIGKILL' }],
      ['c', { as: 'cancel' }],
    ]);
  });

  it.each<[string, object, string]>([
    ['a signal that ends no process', { terminate: true, signal: 'SIGUSR1' }, '"signal" to be one of SIGTERM'],
    ['a signal for nothing', { signal: 'SIGKILL' }, '"signal" to be given together with "terminate"'],
    ['both ways at once', { terminate: true, cancel: true }, '"cancel" to be left out with "terminate"'],
    ['what is neither true nor false', { cancel: 'yes' }, '"cancel" to be true or false'],
    ['an unknown option', { terminated: true }, 'did you mean "terminate"?'],
  ])('refuses %s', async (_, options, message) => {
    const { client, broker } = setupClient();

    await expect(client.revoke('a', options)).rejects.toThrow(message);
    expect(broker.revoked).toEqual([]);
  });

  it('says so where the broker cannot', async () => {
    const { client, broker } = setupClient();
    Object.assign(broker, { revocations: undefined });

    await expect(client.revoke('a')).rejects.toThrow(UnsupportedByBrokerError);
  });
});

describe('signals of a TaskClient', () => {
  it('tell of each message before and after it is confirmed', async () => {
    const told: string[] = [];
    const sink = (name: string) => ({
      isObserved: true,
      emit: ({ task }: TaskPublishEvent) => void told.push(`${name} ${task}`),
    });
    const signals: PublishSignals = { beforeTaskPublish: sink('before'), afterTaskPublish: sink('after') };
    const { client } = setupClient({ client: { signals } });

    await client.send('a');

    expect(told).toEqual(['before a', 'after a']);
  });
});
