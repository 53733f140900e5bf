import { describe, expect, it } from 'vitest';
import { signature } from '../../../lib/canvas/index.js';
import { InvalidOptionError, SendManyError, UnknownOptionError } from '../../../lib/errors/index.js';
import { bodyOf, define, headersOf, insideTask, setupClient } from './fakes.js';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => signature('a', [index]));

describe('TaskClient.sendMany', () => {
  it('answers an array with the results in its order', async () => {
    const { client, broker } = setupClient();

    const { count, results } = await client.sendMany(numbered(3));

    expect(count).toBe(3);
    expect(results.map(({ id }) => id)).toEqual(broker.messages.map(({ id }) => id));
    expect(broker.messages.map((message) => bodyOf(message)[0])).toEqual([[0], [1], [2]]);
  });

  it('sends with one confirm a batch', async () => {
    const { client, broker } = setupClient();

    await client.sendMany(numbered(7), { batchSize: 3 });

    expect(broker.batches.map(({ length }) => length)).toEqual([3, 3, 1]);
  });

  it('sends nothing for nothing', async () => {
    const { client, broker } = setupClient();

    expect(await client.sendMany([])).toEqual({ count: 0, results: [] });
    expect(broker.connects).toBe(0);
  });

  it('takes a batch from a source while the one before it is sent, and no more', async () => {
    const { client, broker } = setupClient();
    let ahead = 0;
    async function* source() {
      for (let index = 0; index < 1_000; index++) {
        ahead = Math.max(ahead, index - broker.messages.length);
        yield signature('a', [index]);
      }
    }

    const done = await client.sendMany(source(), { batchSize: 50 });

    expect(done).toEqual({ count: 1_000 });
    expect(ahead).toBeLessThan(100);
  });

  it('skips what cannot be sent and says which', async () => {
    const { client, broker } = setupClient({ definitions: [define('known', { params: ['id'] })] });
    const signatures = [signature('a'), signature('known', [1, 2]), signature('b', [() => 1]), signature('c')];

    const error = (await client.sendMany(signatures).catch((reason: unknown) => reason)) as SendManyError;

    expect(error).toBeInstanceOf(SendManyError);
    expect(error).toMatchObject({
      sentCount: 2,
      failedCount: 2,
      failures: [
        { index: 1, task: 'known' },
        { index: 2, task: 'b' },
      ],
    });
    expect(error.ids).toEqual([broker.messages[0]!.id, undefined, undefined, broker.messages[1]!.id]);
    expect(error.message).toMatch(/^2 of 4 tasks could not be sent; the first is number 1, task "known": /);
  });

  it('ends with the batch that the broker refuses, and closes its source', async () => {
    const { client, broker } = setupClient();
    broker.onPublish = () => (broker.batches.length === 1 ? new Error('full') : undefined);
    let closed = false;
    function* source() {
      try {
        for (let index = 0; ; index++) yield signature('a', [index]);
      } finally {
        closed = true;
      }
    }

    const error = await client.sendMany(source(), { batchSize: 2 }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ sentCount: 2, failedCount: 2, ids: undefined, cause: { message: 'full' } });
    expect((error as SendManyError).failures.map(({ index, id }) => [index, typeof id])).toEqual([
      [2, 'string'],
      [3, 'string'],
    ]);
    expect(closed).toBe(true);
  });

  it('keeps the options of each signature', async () => {
    const { client, broker } = setupClient();

    await client.sendMany([
      signature('a', [], { options: { queue: 'q', countdown: '5s', priority: 2, taskId: 'mine' } }),
    ]);

    expect(broker.messages[0]).toMatchObject({
      id: 'mine',
      queue: 'q',
      priority: 2,
      etaMs: Date.UTC(2026, 0, 1) + 5_000,
    });
  });

  it('makes what a task sends its children', async () => {
    const { client, broker } = setupClient();

    const signatures = [signature('a'), signature('a', [], { options: { queue: 'q' } })];
    const { context, value } = insideTask(() => client.sendMany(signatures));
    const { results } = await value;

    const lineage = { root_id: 'root', parent_id: 'parent' };
    expect(broker.messages.map(headersOf)).toMatchObject([lineage, lineage]);
    expect(context.children).toEqual(results.map(({ id }) => id));
  });

  it('refuses options it cannot use', async () => {
    const { client } = setupClient();

    await expect(client.sendMany([], { batchSize: 0 })).rejects.toThrow(InvalidOptionError);
    await expect(client.sendMany([], { batch: 1 } as object)).rejects.toThrow(UnknownOptionError);
  });
});
