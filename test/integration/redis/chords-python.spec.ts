import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createResultBackend,
  type ChordPart,
  type ChordStore,
  type ResultBackend,
} from '../../../lib/backends/index.js';
import { chordsOf, part } from '../../conformance/result-backend.bench.js';
import { runPython } from '../../tools/python-script.js';
import { describeWithServer } from '../../tools/servers.js';

/** What a worker or a client of Celery does: reports a part, says how many there shall be, or adds one. */
type Step =
  | readonly ['part', group: string, task: string, index: number | null, state: string, result: unknown]
  | readonly ['size', group: string, size: number]
  | readonly ['extend', group: string, result: null];

/** What followed from each: a body with its argument, or an error. */
type Followed = readonly (readonly (readonly ['body' | 'error', unknown])[])[];

const FAILED = {
  state: 'FAILURE',
  result: '{"exc_type": "ValueError", "exc_message": ["no"], "exc_module": "builtins"}',
} as const;

function describeShared(python: string, server: { readonly url: string }, isNewest: boolean): void {
  let redis: Redis;
  let keyPrefix: string;
  let backend: ResultBackend;
  let chords: ChordStore;

  beforeEach(async () => {
    redis = new Redis(server.url);
    // Celery before 5.3 knows no prefix for results.
    keyPrefix = isNewest ? `t${randomUUID()}:` : '';
    backend = createResultBackend(server.url, { keyPrefix });
    await backend.connect();
    chords = chordsOf(backend);
  });
  afterEach(async () => {
    await backend.close();
    const keys = await redis.keys(`${keyPrefix}*g-${isNewest}*`);
    if (keys.length > 0) await redis.unlink(keys);
    redis.disconnect();
  });

  let groups = 0;
  const newGroup = (): string => `g-${isNewest}-${groups++}`;
  const report = (groupId: string, task: string, index: number, change: Partial<ChordPart> = {}) =>
    chords.report([part(task, index, { groupId, ...change })]);

  async function celery(steps: readonly Step[], isOrdered = true): Promise<Followed> {
    const args = [server.url, keyPrefix, JSON.stringify(isOrdered), JSON.stringify(steps)];
    return JSON.parse(await runPython(python, 'chord_parts.py', args)) as Followed;
  }

  it('ends a chord whose last part Celery reports, or we', async () => {
    const [theirs, ours] = [newGroup(), newGroup()];
    await report(theirs, 'b', 1, { result: '"ours"' });
    await chords.open([{ groupId: theirs, size: 3 }]);
    await report(theirs, 'c', 2);
    await chords.extend(ours, 1, 'adder');

    const followed = await celery([
      ['part', theirs, 'a', 0, 'SUCCESS', 'theirs'],
      ['part', ours, 'a', 0, 'SUCCESS', 'theirs'],
      ['size', ours, 2],
      ['extend', ours, null],
      ['part', ours, 'd', null, 'SUCCESS', 'added'],
      ['part', ours, 'c', 2, 'SUCCESS', 3],
    ]);

    expect(followed).toEqual([[['body', ['theirs', 'ours', 1]]], [], [], [], [], []]);
    expect(await report(ours, 'b', 1, { result: '"ours"' })).toEqual(['yours']);
    expect((await chords.parts(ours)).map(({ result }) => JSON.parse(result) as unknown)).toEqual([
      'theirs',
      'ours',
      3,
      'added',
    ]);
    await chords.close([ours]);
    const repeated: Step = ['part', ours, 'c', 2, 'SUCCESS', 4];
    expect(await celery([repeated, repeated, ['part', ours, 'b', 1, 'SUCCESS', 4]])).toEqual([[], [], []]);
  });

  it('fails a chord once, with the part that we reported first, whatever Celery does then', async () => {
    const [before, late] = [newGroup(), newGroup()];
    await chords.open([{ groupId: before, size: 3 }]);
    expect(await report(before, 'b', 1, FAILED)).toEqual(['yours']);
    expect(await report(late, 'b', 1, FAILED)).toEqual(['yours']);
    const others = (group: string): readonly Step[] => [
      ['part', group, 'a', 0, 'SUCCESS', 1],
      ['part', group, 'b', 1, 'FAILURE', 'again'],
      ['part', group, 'c', 2, 'SUCCESS', 1],
    ];

    const whileOpen = await celery([...others(before), ['size', late, 3], ...others(late)]);
    await chords.close([before, late]);
    const afterClose = await celery([...others(before), ['size', late, 3], ...others(late)]);

    expect([...whileOpen, ...afterClose].flat()).toEqual([]);
    expect(await report(late, 'a', 0)).toEqual(['over']);
  });

  it('leaves a chord to Celery that reported a failure last', async () => {
    const group = newGroup();
    await report(group, 'a', 0);

    const followed = await celery([
      ['size', group, 2],
      ['part', group, 'b', 1, 'FAILURE', 'boom'],
    ]);

    expect(followed[1]).toEqual([['error', expect.stringMatching(/^Dependency b raised ValueError/)]]);
  });

  it('takes what Celery reported of a task before for one part with what we report', async () => {
    const group = newGroup();
    await celery([
      ['part', group, 'a', 0, 'SUCCESS', 'first'],
      ['size', group, 2],
    ]);

    expect(await report(group, 'a', 0, { result: '"second"' })).toEqual(['counted']);
    expect(await report(group, 'b', 1)).toEqual(['yours']);
    expect((await chords.parts(group)).map(({ result }) => result)).toEqual(['"second"', '1']);
  });

  it('lets Celery go on with a chord whose end we were told and never sent', async () => {
    const group = newGroup();
    await chords.open([{ groupId: group, size: 1 }]);
    await report(group, 'a', 0);
    const again: Step = ['part', group, 'a', 0, 'SUCCESS', 1];

    if (isNewest) expect(await celery([again])).toEqual([[]]); // for a moment it is ours
    await redis.del(`${keyPrefix}celery-taskset-meta-${group}.c`); // as when that is over

    expect(await celery([again])).toEqual([[['body', [1]]]]);
  });

  it('counts in lists, as Celery with "result_chord_ordered" off', async () => {
    const group = newGroup();
    await celery([['part', group, 'b', 1, 'SUCCESS', 'first']], false);
    await report(group, 'a', 0);
    await chords.open([{ groupId: group, size: 3 }]);

    expect(await celery([['part', group, 'c', 2, 'SUCCESS', 'last']], false)).toEqual([
      [['body', ['first', 1, 'last']]],
    ]);
  });
}

describeWithServer('redis', 'chords that are shared with Celery', (url) => {
  describeWithServer('celery', 'the newest', (python) => describeShared(python, { url }, true));
  describeWithServer('celery-debian', "Debian's", (python) => describeShared(python, { url }, false));
});
