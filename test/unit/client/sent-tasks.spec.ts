import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResultBackend } from '../../../lib/backends/index.js';
import { AsyncResult, GroupResult } from '../../../lib/client/index.js';
import { InvalidOptionError, UnsupportedByBackendError } from '../../../lib/errors/index.js';
import { groupResultTuple, newId, taskResultTuple, type ResultTuple } from '../../../lib/protocol/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { setupClient } from './fakes.js';

/** A client whose results are kept by the memory backend. */
function setup() {
  const clock = new VirtualClock();
  const backend = createResultBackend(`memory:${newId()}`, { expiresMs: 60_000 }, { clock });
  const { client } = setupClient({ client: { backend, clock } });
  onTestFinished(() => client.close());
  return { client, backend, clock };
}

const group = groupResultTuple(
  'g',
  [taskResultTuple('a', taskResultTuple('first')), groupResultTuple('n', [taskResultTuple('b')])],
  taskResultTuple('before'),
);

describe('TaskClient.restoreGroup()', () => {
  it('finds what was saved, with all that comes before it', async () => {
    const { client } = setup();
    await (client.resultFromTuple(group) as GroupResult).save();

    const restored = await client.restoreGroup('g');

    expect(restored).toBeInstanceOf(GroupResult);
    expect(restored?.toTuple()).toEqual(group);
    expect(restored?.parent?.id).toBe('before');
  });

  it('finds nothing that was not saved, was forgotten or has expired', async () => {
    const { client, clock } = setup();
    const result = client.resultFromTuple(group) as GroupResult;
    expect(await client.restoreGroup('g')).toBeUndefined();

    await result.save();
    await result.forget();
    expect(await client.restoreGroup('g')).toBeUndefined();

    await result.save();
    await clock.advance('2m');
    expect(await client.restoreGroup('g')).toBeUndefined();
  });

  it('finds nothing where something else than a group was saved', async () => {
    const { client, backend } = setup();
    await client.restoreGroup('g');
    await backend.groups?.save('g', taskResultTuple('a'));

    expect(await client.restoreGroup('g')).toBeUndefined();
  });

  it('says that a backend has no place for groups', async () => {
    const { client } = setupClient();
    const result = client.resultFromTuple(group) as GroupResult;

    await expect(result.save()).rejects.toThrow(UnsupportedByBackendError);
    await expect(client.restoreGroup('g')).rejects.toThrow(
      'Cannot save results of groups: the result backend "fake:" has no place to keep them.',
    );
    await expect(result.forget()).resolves.toBeUndefined();
  });
});

describe('TaskClient.resultFromTuple()', () => {
  const tuples = fc.letrec<{ result: ResultTuple; parent: ResultTuple | null }>((tie) => ({
    result: fc
      .tuple(
        fc.uuid(),
        tie('parent'),
        fc.option(fc.array(tie('result'), { maxLength: 4, depthIdentifier: 'tuple' }), { depthIdentifier: 'tuple' }),
      )
      .map(([id, parent, members]): ResultTuple => [[id, parent], members]),
    parent: fc.option(tie('result'), { depthIdentifier: 'tuple', maxDepth: 4 }),
  }));

  it('makes the results of a tuple, whose tuple is the same again', () => {
    const { client } = setup();
    fc.assert(
      fc.property(tuples.result, (tuple) => {
        const result = client.resultFromTuple(tuple);

        expect(result).toBeInstanceOf(tuple[1] === null ? AsyncResult : GroupResult);
        expect(result.toTuple()).toEqual(tuple);
        expect(result.parent?.toTuple() ?? null).toEqual(tuple[0][1]);
        if (result instanceof GroupResult) expect([...result].map((each) => each.toTuple())).toEqual(tuple[1]);
        expect(client.resultFromTuple(JSON.parse(JSON.stringify(tuple)) as ResultTuple).toTuple()).toEqual(tuple);
      }),
    );
  });

  it('takes a bare id for a task, and refuses what is no tuple', () => {
    const { client } = setup();

    expect(client.resultFromTuple('a' as never).toTuple()).toEqual(taskResultTuple('a'));
    for (const bad of [undefined, 1, [], [[1, null], null], {}])
      expect(() => client.resultFromTuple(bad as never)).toThrow(InvalidOptionError);
  });
});
