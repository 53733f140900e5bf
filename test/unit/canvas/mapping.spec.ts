import { describe, expect, it } from 'vitest';
import {
  chain,
  chord,
  chunks,
  group,
  groupOfChunks,
  GroupSignature,
  map,
  Signature,
  signature,
  signaturesOf,
  starmap,
} from '../../../lib/canvas/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';
import { readVector } from '../../fixtures/wire/vectors.js';
import { shapeOf } from './shape.js';

const add = signaturesOf<[a: number, b: number], number>('wiretasks.add');
const xsum = signaturesOf<[values: readonly number[]], number>('wiretasks.xsum');
const [a, b] = [signature('t.a'), signature('t.b')];
const pairs: [number, number][] = [
  [1, 1],
  [2, 2],
  [3, 3],
];

function vector(name: string): SignatureMap {
  return readVector('signatures', name)['dict'] as SignatureMap;
}

describe('map, starmap and chunks, as Celery writes them', () => {
  it.each([
    ['map', map(xsum.s(), [[1, 2], [3]])],
    [
      'starmap',
      starmap(add.s(), [
        [1, 2],
        [3, 4],
      ]),
    ],
    ['chunks', chunks(add.s(), pairs, 2)],
  ])('make the map of vector "%s", and read it', (name, made) => {
    expect(made.toMap()).toEqual(vector(name));
    const { kind, yieldsGroup } = Signature.fromMap(made.toMap());
    expect([kind, yieldsGroup]).toEqual([name, name === 'chunks']);
  });

  it('takes any iterable', () => {
    expect(map(xsum.s(), new Set([[1, 2], [3]])).toMap()).toEqual(vector('map'));
  });

  it('leaves a map alone that holds no task and no list', () => {
    const odd = { ...vector('map'), kwargs: { task: 'by name', it: [1] } };

    expect(Signature.fromMap(odd).kind).toBe('task');
    expect(Signature.fromMap(odd).toMap()).toEqual(odd);
  });
});

describe('chunks', () => {
  const made = chunks(add.s(), pairs, 2);

  it('are a group wherever they are put', () => {
    expect(made).toBeInstanceOf(GroupSignature);
    expect(groupOfChunks(made.toMap(), 'signature')).toEqual(vector('chunks_group'));
    expect(shapeOf(chain(made, a).toMap())).toMatch(/^chord\(\[starmap\(.*\)#, starmap\(.*\)#\], a\)$/);
    expect(chord(made, a).toMap()).toEqual(chain(made, a).toMap());
    expect(group(made).toMap().kwargs).toEqual({ tasks: [vector('chunks_group')] });
  });

  it('leave options and error handlers to the members', () => {
    const { options, kwargs } = groupOfChunks(made.set({ queue: 'q' }).onError(a).toMap(), 'signature');

    expect(options).toEqual({ queue: 'q' });
    expect(kwargs?.['tasks']).toMatchObject([
      { options: { link_error: [{ task: 't.a' }] } },
      { options: { link_error: [{ task: 't.a' }] } },
    ]);
  });

  it('of other tasks stay as they are', () => {
    const other = a.toMap();

    expect(groupOfChunks(other, 'signature')).toBe(other);
  });
});

describe('mappings', () => {
  it.each<[string, () => unknown, string]>([
    [
      'a chain',
      () => map(chain(a, b) as Signature, [1]),
      'Expected "task" of a signature to be that of one task, which is called in',
    ],
    ['what is no signature', () => starmap('t.a' as never, []), 'Expected "task" of a signature to be a signature'],
    ['arguments', () => map(signature('t.a', [1]), [1]), 'without arguments, options and links of its own'],
    ['options', () => starmap(a.set({ queue: 'q' }), [[1]]), 'without arguments, options and links of its own'],
    ['what is no list', () => map(a, 'abc' as never), 'Expected "items" of a signature to be an array, or another'],
    ['parts of nothing', () => chunks(a, [[1]], 0), 'Expected "size" of a signature to be an integer of at least 1'],
    ['parts of halves', () => chunks(a, [[1]], 0.5), '"size"'],
  ])('refuse %s', (_what, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('skew', () => {
  const countdowns = (made: Signature<never, unknown>): unknown => {
    const found: unknown[] = [];
    JSON.stringify(made.toMap(), (key, value: unknown) => {
      if (key === 'options' && (value as SignatureMap['options'])?.['countdown'] !== undefined) {
        found.push((value as { countdown: number }).countdown);
      }
      return value;
    });
    return found;
  };

  it('has members start one after the other', () => {
    expect(countdowns(group(a, b, a).skew())).toEqual([1, 2, 3]);
    expect(countdowns(group(a, b, a, b).skew({ start: 0, stop: '5s', step: '2.5s' }))).toEqual([0, 2.5, 5, 5]);
  });

  it('counts members of groups in it, and takes chunks apart', () => {
    expect(countdowns(group(a, group(b, a), chain(a, b)).skew())).toEqual([1, 2, 3, 4]);
    expect(countdowns(chunks(add.s(), pairs, 1).skew({ step: '10s' }))).toEqual([1, 11, 21]);
  });

  it('is that of the group in which something ends', () => {
    expect(countdowns(chain(a, group(a, b)).skew())).toEqual([1, 2]);
    expect(countdowns(chord([a, b], group(a, b)).skew())).toEqual([1, 2]);
  });

  it('replaces what a member says of its start', () => {
    const { kwargs } = group(a.set({ eta: new Date(0), queue: 'q' }))
      .skew()
      .toMap();

    expect(kwargs?.['tasks']).toMatchObject([{ options: { queue: 'q', countdown: 1 } }]);
    expect(JSON.stringify(kwargs)).not.toContain('eta');
  });

  it.each<[object, string]>([
    [{ start: '5s', stop: '1s' }, 'Expected option "skew.stop" to be at least "start" (5000 ms)'],
    [{ step: -1 }, '"skew.step"'],
    [{ by: 5 }, '"skew.by"'],
  ])('refuses %j', (options, message) => {
    expect(() => group(a).skew(options)).toThrow(message);
  });
});
