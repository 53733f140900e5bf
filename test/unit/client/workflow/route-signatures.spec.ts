import { describe, expect, it } from 'vitest';
import { chain, group, signature } from '../../../../lib/canvas/index.js';
import { routed } from '../../../../lib/client/workflow/route-signatures.js';
import type { SignatureMap } from '../../../../lib/protocol/index.js';
import { bodyOf, define, setupClient } from '../fakes.js';

const queueOf = (task: string): string | undefined => (task.startsWith('ours.') ? 'ours' : undefined);
const ours = (options = {}): SignatureMap => ({ task: 'ours.a', args: [], options, subtask_type: null });
const theirs: SignatureMap = { task: 'theirs', args: [1], kwargs: {}, options: {}, subtask_type: null };
const group2 = (...tasks: readonly SignatureMap[]): SignatureMap => ({
  task: 'celery.group',
  kwargs: { tasks },
  options: {},
  subtask_type: 'group',
});
const queue = 'ours';

describe('queues of tasks that others send', () => {
  it('are said where a signature says nothing', () => {
    expect(routed(ours({ priority: 3 }), queueOf)).toEqual(ours({ priority: 3, queue }));
    expect(routed({ task: 'ours.a' }, queueOf)).toEqual({ task: 'ours.a', options: { queue } });
  });

  it.each([{ queue: 'q' }, { routing_key: 'k' }, { exchange: 'x' }])(
    'stay as a signature says, as in %o',
    (options) => {
      const map = ours(options);

      expect(routed(map, queueOf)).toBe(map);
    },
  );

  it.each([
    ['chain', { ...group2(theirs, ours()), task: 'celery.chain', subtask_type: 'chain' }],
    ['group', group2(ours(), group2(theirs, ours()))],
    ['chord', { task: 'celery.chord', kwargs: { header: [ours()], body: ours() }, subtask_type: 'chord' }],
    [
      'chord of a group',
      { task: 'celery.chord', kwargs: { header: group2(ours()), body: ours() }, subtask_type: 'chord' },
    ],
    ['callbacks', { ...theirs, options: { link: [theirs, ours({ link: ours() })], link_error: [group2(ours())] } }],
  ] as readonly (readonly [string, SignatureMap])[])('are said for all in a %s', (_what, map) => {
    const count = JSON.stringify(map).split('"ours.a"').length - 1;

    const text = JSON.stringify(routed(map, queueOf));

    expect(text.split('"queue":"ours"')).toHaveLength(count + 1);
    expect(JSON.parse(text.replaceAll('"queue":"ours"', '').replaceAll('{,', '{').replaceAll(',}', '}'))).toEqual(map);
  });

  it('leave all others the very same', () => {
    const map = group2(theirs, { ...theirs, options: { link: [theirs] } });

    expect(routed(map, queueOf)).toBe(map);
  });

  it('leave arguments alone, even those that look like signatures', () => {
    const map: SignatureMap = { ...theirs, args: [ours()], kwargs: { tasks: [ours()], it: [ours()] } };

    expect(routed(map, queueOf)).toBe(map);
  });
});

describe('a workflow that is sent', () => {
  const definitions = [define('ours.a', { queue, params: ['value'] }), define('usual', { params: ['value'] })];
  const a = signature('ours.a');

  it('tells whoever goes on with it of the queues that are declared here', async () => {
    const { client, broker } = setupClient({ definitions });

    await client.apply(chain(signature('theirs'), group(a, a), a.link(a), signature('usual')));

    const [message] = broker.messages;
    expect(message?.queue).toBe('celery');
    const { chain: rest } = bodyOf(message)[2];
    const text = JSON.stringify(rest);
    const count = text.match(/"task":"ours.a"/g)?.length ?? 0;
    expect(count).toBeGreaterThanOrEqual(4);
    expect(text.match(/"queue":"ours"/g)).toHaveLength(count);
    expect(text).toContain('"task":"usual","args":[],"kwargs":{},"options":{"task_id"');
  });

  it('does so for a call with links, and for many signatures', async () => {
    const { client, broker } = setupClient({ definitions });

    await client.send('theirs', [], { link: a, linkError: a });
    await client.sendMany([signature('theirs').link(a)]);

    const told = [expect.objectContaining({ task: 'ours.a', options: { queue } })];
    expect(broker.messages.map((message) => bodyOf(message)[2]['callbacks'])).toEqual([told, told]);
    expect(bodyOf(broker.messages[0])[2]['errbacks']).toEqual(told);
  });

  it('sends a step where its container says, whatever is declared', async () => {
    const { client, broker } = setupClient({ definitions });

    await client.apply(group(signature('ours.a', [1])).set({ queue: 'other' }));

    expect(broker.messages.map((message) => message.queue)).toEqual(['other']);
  });
});
