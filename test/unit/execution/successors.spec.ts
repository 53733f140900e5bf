import { describe, expect, it } from 'vitest';
import { Serialization } from '../../../lib/serialization/index.js';
import { bodyOf, headersOf } from '../client/fakes.js';
import { runnable, setupTracer } from './rig.js';

const small = { serialization: new Serialization({ maxMessageBytes: 2_048 }) };

describe('what follows', () => {
  it('a success: callbacks with its result, in a group where there are several, then the chain', async () => {
    const rig = setupTracer([runnable('a', () => 5)]);
    const next = { task: 'next', args: [1], options: { task_id: 'n1' } };

    const one = await rig.run({
      callbacks: [{ task: 'one', args: [7] }],
      chain: [{ task: 'last' }, next],
      lineage: { rootId: 'r', parentId: undefined },
    });
    const two = await rig.run({ callbacks: [{ task: 'one' }, { task: 'two', immutable: true }] });

    expect(one.successors.map(({ task }) => task)).toEqual(['one', 'next']);
    expect(bodyOf(one.successors[0])[0]).toEqual([5, 7]);
    expect(bodyOf(one.successors[1])).toEqual([
      [5, 1],
      {},
      expect.objectContaining({ chain: [expect.objectContaining({ task: 'last' })] }),
    ]);
    expect(headersOf(one.successors[1])).toMatchObject({ id: 'n1', root_id: 'r', parent_id: 'id-1', group: null });
    expect(one.records[0]!.children).toEqual(one.successors.map(({ id }) => [[id, null], null]));
    const groups = two.successors.map(headersOf);
    expect(groups.map((each) => each['group_index'])).toEqual([0, 1]);
    expect(groups[0]!['group']).toBe(groups[1]!['group']);
    expect(two.successors.map((message) => bodyOf(message)[0])).toEqual([[5], []]);
  });

  it('a success whose callback cannot be sent is a failure', async () => {
    const rig = setupTracer([runnable('a', () => 5)]);

    const reply = await rig.run({ callbacks: [{ task: 'celery.chord', subtask_type: 'chord' }] });

    expect(reply).toMatchObject({ outcome: 'failure', error: expect.stringMatching(/"signature.kwargs.header"/) });
  });

  it.each([
    ['a callback', { callbacks: [{ task: 'next' }] }],
    ['the next step of a chain', { chain: [{ task: 'next' }] }],
  ])('a success whose result is more than a message may take, with %s, is a failure', async (_name, more) => {
    const rig = setupTracer([runnable('a', () => 'x'.repeat(2_048))], small);

    const reply = await rig.run(more);

    expect(reply).toMatchObject({ outcome: 'failure', successors: [] });
    expect(reply.error).toMatch(/^ValueError: The message of task "next" takes 3\d\d\d bytes/);
    expect((await rig.run({})).outcome).toBe('success');
  });

  it('a retry with more than a message may take is a failure', async () => {
    const rig = setupTracer([runnable('a', (context) => context.retry({ args: ['x'.repeat(2_048)] }))], small);

    const reply = await rig.run({});

    expect(reply).toMatchObject({ outcome: 'failure', successors: [] });
    expect(reply.error).toMatch(/^ValueError: The message of task "a" takes/);
  });

  it('a success whose callbacks are too much together is a failure', async () => {
    const rig = setupTracer([runnable('a', () => 'x'.repeat(3 * 2 ** 20))]);

    const reply = await rig.run({ callbacks: Array.from({ length: 43 }, (_, n) => ({ task: `t${n}` })) });

    expect(reply).toMatchObject({ outcome: 'failure', successors: [] });
    expect(reply.error).toMatch(/What follows task "a", 43 messages with its result, takes 135\d+ bytes/);
  });

  it('a failure: errbacks with its id, as a group, and the failure of the steps of its chain', async () => {
    const rig = setupTracer([
      runnable('a', () => {
        throw new Error('no');
      }),
    ]);

    const reply = await rig.run({
      errbacks: [
        { task: 'e1', args: ['x'] },
        { task: 'e2', immutable: true },
      ],
      chain: [
        { task: 'last', options: { task_id: 'l', group_id: 'g' } },
        { task: 'next', options: { task_id: 'n' } },
        { task: 'unnamed' },
      ],
    });

    expect(reply.successors.map((message) => [message.task, bodyOf(message)[0]])).toEqual([
      ['e1', ['id-1', 'x']],
      ['e2', []],
    ]);
    expect(headersOf(reply.successors[0])).toMatchObject({
      parent_id: 'id-1',
      root_id: 'id-1',
      group: expect.any(String),
      group_index: 0,
    });
    expect(reply.records.map(({ taskId, status, groupId }) => [taskId, status, groupId])).toEqual([
      ['id-1', 'FAILURE', undefined],
      ['l', 'FAILURE', 'g'],
      ['n', 'FAILURE', undefined],
    ]);
    expect(new Set(reply.records.map(({ result }) => result)).size).toBe(1);
  });

  it('a failure whose errback cannot be sent stays one', async () => {
    const rig = setupTracer([
      runnable('a', () => {
        throw new Error('no');
      }),
    ]);

    const reply = await rig.run({ errbacks: [{ task: 'celery.chord', subtask_type: 'chord' }] });

    expect(reply).toMatchObject({ outcome: 'failure', error: 'Error: no', successors: [] });
    expect(rig.logged).toEqual([expect.stringContaining('What follows the failure of task a[id-1] cannot be sent')]);
  });
});
