import { describe, expect, it } from 'vitest';
import { createCommands, type CommandArguments, type ControlledNode } from '../../../lib/control/index.js';
import { errorRepr } from '../../../lib/control/python-error.js';
import { readVectors } from '../../fixtures/wire/vectors.js';
import { fakeNode, headOf, inHand } from './fake-node.js';

const commands = createCommands();

async function ask(
  method: string,
  args: CommandArguments = {},
  change: Partial<ControlledNode> = {},
): Promise<unknown> {
  try {
    return (await commands.run(method, args, fakeNode(change).node)) ?? null;
  } catch (error) {
    return { error: errorRepr(error) };
  }
}

/** The shape of a value: keys, and the kinds of what they hold; the names of nodes' own keys aside. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

interface Recorded {
  readonly decoded: { readonly body_json: Readonly<Record<string, unknown>> };
}

const recorded = readVectors('control-redis').flatMap((vector) => {
  const { name, reply } = vector;
  if (!reply) return [];
  const value = (reply as Recorded).decoded.body_json['wire@wirehost'];
  return [{ name, args: vector['arguments'] as CommandArguments, value }];
});
const replyTo = (name: string, at = 0): unknown => recorded.filter((each) => each.name === name)[at]?.value;

describe('replies of a worker', () => {
  it.each(['ping', 'active', 'active_queues', 'scheduled', 'clock', 'memsample', 'report', 'pool_restart'])(
    'have the shape of a Python worker’s: %s',
    async (name) => {
      const later = { toCome: async () => [{ ...inHand('later', 'reserved'), etaMs: 1_795_390_000_000 }] };
      const reply = await ask(name, {}, { ...later, inHand: () => [inHand('running', 'active')] });

      expect(shapeOf(reply)).toEqual(shapeOf(replyTo(name)));
    },
  );

  it('have the shape of a Python worker’s: stats', async () => {
    const reply = (await ask('stats', {}, { autoscale: () => ({ min: 1, max: 3 }) })) as Record<string, object>;
    const python = replyTo('stats') as Record<string, object>;

    expect(shapeOf({ ...reply, total: {} })).toEqual(shapeOf({ ...python, total: {} }));
    expect(reply['total']).toEqual({ 'proj.add': 2 });
    expect(JSON.stringify(reply)).not.toContain('password');
    expect(await ask('stats')).not.toHaveProperty('autoscaler');
  });

  it.each([
    ['query_task', { ids: 'running' }, { running: ['active', expect.objectContaining({ worker_pid: 77 })] }],
    ['query_task', { ids: ['waiting', 'x'] }, { waiting: ['reserved', expect.objectContaining({ time_start: null })] }],
    [
      'active',
      { safe: true },
      [expect.objectContaining({ args: '(1, 2)', kwargs: '{}', time_start: 1_795_387_588.1945 })],
    ],
    ['reserved', {}, [expect.objectContaining({ id: 'waiting', args: [1, 2], worker_pid: null })]],
    ['dump_reserved', {}, [expect.objectContaining({ id: 'waiting' })]],
    ['revoked', {}, ['dead-beef-id']],
    ['registered', {}, ['proj.add', 'proj.limited [rate_limit=10/m]']],
    [
      'registered',
      { taskinfoitems: ['serializer', 'acks_late', 'none'] },
      ['proj.add [serializer=json acks_late=False]', 'proj.limited [serializer=json acks_late=True]'],
    ],
    ['conf', {}, { broker_url: 'redis://:***@127.0.0.1/0' }],
    ['conf', { with_defaults: true }, { broker_url: 'redis://:***@127.0.0.1/0', task_default_queue: 'celery' }],
    ['hello', { from_node: 'other@host', revoked: {} }, { revoked: ['dead-beef-id'], clock: 58 }],
    ['hello', { from_node: 'wire@wirehost' }, null],
    ['shutdown', {}, null],
  ])('%s %j', async (name, args, expected) => {
    expect(await ask(name, args)).toEqual(expected);
  });

  it('show the texts of the sender for a body that cannot be read', async () => {
    const unreadable = (): never => {
      throw new Error('of another format');
    };
    const reply = await ask('active', {}, { inHand: () => [inHand('a', 'active', { call: unreadable })] });

    expect(reply).toMatchObject([{ args: '(1, 2)', kwargs: '{}' }]);
  });

  it.each<readonly [string, CommandArguments, string, readonly unknown[]]>([
    ['revoke', { task_id: ['r1', 'r2'] }, "tasks {'r1', 'r2'} flagged as revoked", [['revoke', 'r1', 'r2']]],
    [
      'revoke',
      { task_id: 'unknown', terminate: true },
      'terminate: tasks unknown',
      [
        ['terminate', 'SIGTERM', 'unknown'],
        ['revoke', 'unknown'],
      ],
    ],
    [
      'revoke',
      { task_id: 'running', terminate: 1, signal: 'SIGKILL' }, // as Flower sends it
      'terminate: running',
      [
        ['terminate', 'SIGKILL', 'running'],
        ['revoke', 'running'],
      ],
    ],
    [
      'terminate',
      { signal: 'KILL', task_id: ['running'] },
      'terminate: running',
      [
        ['terminate', 'SIGKILL', 'running'],
        ['revoke', 'running'],
      ],
    ],
    ['pool_grow', { n: 2 }, 'pool will grow', [['grow', 2]]],
    ['pool_grow', { n: 2, pool: 'threads' }, 'pool will grow', [['grow', 2, 'threads']]],
    ['pool_shrink', {}, 'pool will shrink', [['shrink', 1]]],
    ['enable_events', {}, 'task events enabled', [['enable']]],
    [
      'rate_limit',
      { task_name: 'proj.add', rate_limit: '10/m' },
      'new rate limit set successfully',
      [['rate', 'proj.add', '10/m']],
    ],
    ...[0, '', '0/m'].map(
      (limit) =>
        [
          'rate_limit',
          { task_name: 'proj.add', rate_limit: limit },
          'rate limit disabled successfully',
          [['rate', 'proj.add', limit]],
        ] as const,
    ),
    [
      'revoke_by_stamped_headers',
      { headers: ['who=me', 'where=here'] },
      "headers {'who': 'me', 'where': 'here'} flagged as revoked, but not terminated",
      [['stamp', 'who', 'me'], ['stamp', 'where', 'here'], ['revoke']],
    ],
    ['disable_events', {}, 'task events already disabled', [['disable']]],
    ['add_consumer', { queue: 'extra' }, 'add consumer extra', [['add', 'extra']]],
    [
      'add_consumer',
      { queue: 'extra', exchange: 'extra', exchange_type: 'direct', routing_key: 'extra' },
      'add consumer extra',
      [['add', 'extra']],
    ],
    ['cancel_consumer', { queue: 'extra' }, 'no longer consuming from extra', [['remove', 'extra']]],
    [
      'time_limit',
      { task_name: 'proj.add', soft: 5, hard: 10.5 },
      'time limits set successfully',
      [['limits', 'proj.add', { softMs: 5_000, hardMs: 10_500 }]],
    ],
    [
      'time_limit',
      { task_name: 'proj.add', soft: null, hard: 0 },
      'time limits set successfully',
      [['limits', 'proj.add', { softMs: undefined, hardMs: undefined }]],
    ],
  ])('%s %j says %j and does it', async (name, args, text, expected) => {
    const { node, done } = fakeNode();

    expect(await commands.run(name, args, node)).toEqual({ ok: text });
    expect(done).toEqual(expected);
  });

  it.each([{ revoked: ['a', 'b'] }, { revoked: { a: [1.5, 'a'], b: 2.5 } }])('hello learns %j', async (args) => {
    const { node, done } = fakeNode();
    await commands.run('hello', { from_node: 'other@host', ...args }, node);

    expect(done).toEqual([['learn', 'a', 'b']]);
  });

  it('ends what bears a stamp, wherever it is', async () => {
    const stamped = (id: string, state: 'active' | 'reserved', stamps: Readonly<Record<string, unknown>>) =>
      inHand(id, state, { head: headOf(id, { stamps }) });
    const tasks = [
      stamped('a', 'active', { who: ['me', 'you'] }),
      stamped('b', 'active', { who: 'another' }),
      stamped('c', 'reserved', { who: 'me' }),
    ];
    const { node, done } = fakeNode({ inHand: () => tasks });

    const reply = await commands.run('revoke_by_stamped_headers', { headers: { who: 'me' }, terminate: true }, node);

    expect(reply).toEqual({ ok: "headers {'who': {'me'}} revoked" });
    expect(done).toEqual([
      ['stamp', 'who', 'me'],
      ['revoke', 'c'],
      ['terminate', 'SIGTERM', 'a'],
    ]);
  });

  it('sends a heartbeat, where it can', async () => {
    const { node, done } = fakeNode();

    expect(await commands.run('heartbeat', {}, node)).toBeUndefined();
    expect(done).toEqual([['heartbeat']]);
    expect(await ask('heartbeat', {}, { events: undefined })).toBeNull();
    expect(await ask('enable_events', {}, { events: undefined })).toEqual({ error: 'event dispatcher unavailable' });
  });

  it('holds an election', async () => {
    const { node, done } = fakeNode();

    expect(await commands.run('election', { id: 'e', topic: 'task', action: { task: 'a' } }, node)).toBeUndefined();
    expect(done).toEqual([['election', 'e', 'task', { task: 'a' }]]);
    expect(await ask('election', { id: 1, topic: 'task' })).toEqual({
      error: "TypeError('expected argument id to be a text, got 1')",
    });
  });

  it('tells the memory samples that were taken, once', async () => {
    const own = createCommands();
    const { node } = fakeNode();
    for (let count = 0; count < 20; count += 1) own.run('memsample', {}, node);

    expect(own.run('memdump', { samples: 10 }, node)).toMatch(
      /^- rss \(sample\):\n(- {4}> [\d.]+MB,\n){10}- rss \(end\): [\d.]+MB\.\n$/,
    );
    expect(own.run('memdump', {}, node)).toMatch(/^- rss \(end\)/);
  });
});

describe('refusals of a worker', () => {
  it.each([
    ['no_such_command', {}, "KeyError('no_such_command')"],
    ['pool_restart', {}, "ValueError('Pool restarts not enabled')"],
    ['terminate', {}, "TypeError(\"terminate() missing 2 required positional arguments: 'signal' and 'task_id'\")"],
    ['heartbeat', { x: 1 }, 'TypeError("heartbeat() got an unexpected keyword argument \'x\'")'],
    ['autoscale', { max: 3 }, "ValueError('Autoscale not enabled')"],
    ['autoscale', { most: 3 }, 'TypeError("autoscale() got an unexpected keyword argument \'most\'")'],
    ['time_limit', { task_name: 'nope', soft: 5 }, 'unknown task'],
    ['time_limit', {}, 'unknown task'],
    [
      'time_limit',
      { task_name: 'proj.add', soft: 'x' },
      'TypeError("expected argument soft to be a number of seconds, got \'x\'")',
    ],
    ['add_consumer', {}, 'TypeError("add_consumer() missing 1 required positional argument: \'queue\'")'],
    [
      'add_consumer',
      { queue: 'q', exchange: 'news' },
      'queue q can be bound to the direct exchange of its own name alone, by its own name',
    ],
    ['revoke', {}, 'TypeError("revoke() missing 1 required positional argument: \'task_id\'")'],
    ['report', { x: 1 }, 'TypeError("report() got an unexpected keyword argument \'x\'")'],
    ['pool_grow', { n: 'many' }, 'TypeError("expected argument n to be a whole number, got \'many\'")'],
    ['revoke', { task_id: [1] }, "TypeError('expected argument task_id to be a text or a list of texts, got [1]')"],
  ])('are as Python’s: %s %j', async (name, args, error) => {
    expect(await ask(name, args)).toEqual({ error });
  });

  it('are those that were recorded, of rates and stamps', async () => {
    for (const name of ['rate_limit', 'revoke_by_stamped_headers']) {
      for (const { args, value } of recorded.filter((each) => each.name === name)) {
        expect([args, await ask(name, args)]).toEqual([args, value]);
      }
    }
  });

  it('restart a pool where that is allowed, whatever they are to reload', async () => {
    const args = { modules: ['shop'], reload: true };

    expect(await ask('pool_restart', args, { restartPool: () => true })).toEqual({ ok: 'reload started' });
  });

  it('are those that were recorded', async () => {
    expect(await ask('no_such_command')).toEqual(replyTo('no_such_command'));
    const autoscale = () => ({ min: 1, max: 3 });
    const setAutoscale = () => ({ min: 1, max: 2 });
    expect(await ask('autoscale', { max: 2, min: 1 }, { setAutoscale })).toEqual(replyTo('autoscale'));
    expect(await ask('pool_grow', {}, { autoscale })).toEqual(replyTo('pool_grow'));
    expect(await ask('pool_shrink', {}, { autoscale })).toEqual(replyTo('pool_shrink'));
  });

  it('name a signal that ends nothing', async () => {
    expect(await ask('terminate', { signal: 'USR1', task_id: 'a' })).toEqual({
      error: expect.stringMatching(/SIGTERM, SIGKILL/),
    });
  });
});
