import { describe, expect, it } from 'vitest';
import {
  InvalidOptionError,
  InvalidSignatureError,
  InvalidTaskMessage,
  UnknownOptionError,
} from '../../../lib/errors/index.js';
import { Signature, signature, signaturesOf, type SignatureOptions } from '../../../lib/canvas/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';
import { readVector, readVectors } from '../../fixtures/wire/vectors.js';

const add = signaturesOf<[a: number, b: number], number>('wiretasks.add');
const mul = signaturesOf<[a: number, b: number], number>('wiretasks.mul');

function vector(name: string): SignatureMap {
  return readVector('signatures', name)['dict'] as SignatureMap;
}

function optionsOf(made: { toMap(): SignatureMap }): unknown {
  return made.toMap().options;
}

describe('Signature, as Celery writes it', () => {
  it.each([
    ['task', add.s(2, 3)],
    ['partial_immutable', add.si(2, 3)],
    ['options', add.s(2).set({ queue: 'q', priority: 3, countdown: '10s' })],
    ['link', add.s(1, 2).link(mul.s(4)).onError(signature('wiretasks.on_err_new'))],
    ['kwargs', signature('wiretasks.echo', [1], { kwargs: { a: 2 } })],
  ])('makes the map of vector "%s"', (name, made) => {
    expect(made.toMap()).toEqual(vector(name));
  });

  it.each(readVectors('signatures').map(({ name }) => name))('reads vector "%s" and writes it again', (name) => {
    expect(Signature.fromMap(vector(name)).toMap()).toEqual(vector(name));
  });

  it('survives JSON', () => {
    const made = add
      .s(1)
      .set({ eta: new Date(0) })
      .link(mul.s(2));

    expect(JSON.parse(JSON.stringify(made))).toEqual(made.toMap());
  });
});

describe('Signature.fromMap', () => {
  it('fills in what is missing', () => {
    expect(Signature.fromMap({ task: 't' }).toMap()).toEqual({
      task: 't',
      args: [],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
    });
  });

  it('keeps keys and options it does not know', () => {
    const map = { ...vector('task'), chord_size: 3, options: { reply_to: 'x', custom: [1] } };

    expect(Signature.fromMap(map).toMap()).toEqual(map);
  });

  it('accepts a link that stands alone, and drops "immutable" among the options', () => {
    const map = { task: 't', options: { link: { task: 'a' }, link_error: [{ task: 'b' }], immutable: true } };

    const read = Signature.fromMap(map);

    expect(read.links.map(({ task }) => task)).toEqual(['a']);
    expect(read.errorLinks.map(({ task }) => task)).toEqual(['b']);
    expect(read.immutable).toBe(false);
    expect(Object.keys(read.toMap().options ?? {})).toEqual(['link', 'link_error']);
  });

  it.each([[{}], [{ task: 5 }], [{ task: 't', args: 'x' }], [{ task: 't', options: { link: ['x'] } }]])(
    'refuses %j',
    (map) => {
      expect(() => Signature.fromMap(map as unknown as SignatureMap)).toThrow(InvalidTaskMessage);
    },
  );
});

describe('Signature.clone', () => {
  it('puts further arguments before the stored ones and lets new keyword arguments win', () => {
    const called = signature('t', ['stored'], { kwargs: { a: 1, b: 2 } }).clone(['further'], { b: 3, c: 4 });

    expect(called.args).toEqual(['further', 'stored']);
    expect(called.kwargs).toEqual({ a: 1, b: 3, c: 4 });
  });

  it('drops them for one that is immutable, and still merges options', () => {
    const called = signature('t', ['stored'], {
      kwargs: { a: 1 },
      immutable: true,
      options: { queue: 'a', shadow: 's' },
    }).clone(['further'], { a: 2 }, { queue: 'b' });

    expect(called.toMap()).toMatchObject({
      args: ['stored'],
      kwargs: { a: 1 },
      options: { queue: 'b', shadow: 's' },
      immutable: true,
    });
  });

  it('keeps stamps, whatever the call says', () => {
    const stamped = Signature.fromMap({
      task: 't',
      options: { shadow: 'stamp', queue: 'a', stamped_headers: ['shadow'] },
    });

    expect(optionsOf(stamped.clone([], {}, { shadow: 'other', queue: 'b' }))).toEqual({
      shadow: 'stamp',
      queue: 'b',
      stamped_headers: ['shadow'],
    });
  });

  it('takes a priority of the call before one from the wire', () => {
    const stored = Signature.fromMap({ task: 't', options: { priority: 6 } });
    const invert = (priority: number) => 9 - priority;

    expect(stored.clone().toMap(invert).options).toEqual({ priority: 6 });
    expect(stored.clone([], {}, { priority: 1 }).toMap(invert).options).toEqual({ priority: 8 });
  });

  it('leaves the original and the given values alone', () => {
    const args = [1];
    const original = signature('t', args);

    original.clone([2], { a: 1 }, { queue: 'q' });
    args.push(3);

    expect(original.toMap()).toEqual({
      task: 't',
      args: [1],
      kwargs: {},
      options: {},
      subtask_type: null,
      immutable: false,
    });
  });
});

describe('Signature.set', () => {
  it.each<[SignatureOptions, Record<string, unknown>]>([
    [{ taskId: 'id' }, { task_id: 'id' }],
    [{ countdown: 1500 }, { countdown: 1.5 }],
    [{ eta: new Date('2026-01-02T03:04:05.678Z') }, { eta: '2026-01-02T03:04:05.678000+00:00' }],
    [{ expires: '1m' }, { expires: 60 }],
    [{ expires: new Date(0) }, { expires: '1970-01-01T00:00:00+00:00' }],
    [{ priority: 9 }, { priority: 9 }],
    [{ queue: 'q' }, { queue: 'q' }],
    [{ ignoreResult: true }, { ignore_result: true }],
    [{ headers: { tenant: 'a' } }, { headers: { tenant: 'a' } }],
    [
      { timeLimit: '30s', softTimeLimit: 20_000 },
      { time_limit: 30, soft_time_limit: 20 },
    ],
    [{ shadow: 's' }, { shadow: 's' }],
    [
      { argsrepr: '(***)', kwargsrepr: '{}' },
      { argsrepr: '(***)', kwargsrepr: '{}' },
    ],
    [{ queue: undefined }, {}],
  ])('writes %j in the units of the wire', (given, expected) => {
    expect(optionsOf(add.s(1, 2).set(given))).toEqual(expected);
  });

  it.each<[object, new (...args: never[]) => Error, string]>([
    [{ taskId: '' }, InvalidOptionError, '"taskId"'],
    [{ countdown: -1 }, InvalidOptionError, '"countdown"'],
    [{ eta: new Date(NaN) }, InvalidOptionError, '"eta"'],
    [{ eta: '2026-01-01' }, InvalidOptionError, '"eta" to be a valid Date'],
    [{ eta: new Date(0), countdown: 1 }, InvalidOptionError, '"eta" to be left out where "countdown" is given'],
    [{ expires: 'soon' }, InvalidOptionError, '"expires"'],
    [{ priority: 10 }, InvalidOptionError, '"priority"'],
    [{ queue: 'a\nb' }, InvalidOptionError, '"queue"'],
    [{ ignoreResult: 'no' }, InvalidOptionError, '"ignoreResult"'],
    [{ headers: 'tenant' }, InvalidOptionError, '"headers"'],
    [{ timeLimit: 'x' }, InvalidOptionError, '"timeLimit"'],
    [{ cuntdown: 1 }, UnknownOptionError, 'did you mean "countdown"?'],
  ])('refuses %j', (given, error, message) => {
    expect(() => add.s(1, 2).set(given)).toThrow(error);
    expect(() => add.s(1, 2).set(given)).toThrow(message);
  });

  it('puts a countdown in the place of an eta, and the other way round', () => {
    const later = add.s(1, 2).set({ countdown: '1s' });
    const dated = later.set({ eta: new Date(0) });

    expect(optionsOf(dated)).toEqual({ eta: '1970-01-01T00:00:00+00:00' });
    expect(optionsOf(dated.set({ countdown: '2s' }))).toEqual({ countdown: 2 });
    expect(optionsOf(later.clone([], {}, { eta: new Date(0) }))).toEqual({ eta: '1970-01-01T00:00:00+00:00' });
  });

  it('translates priorities for a broker, those of links too', () => {
    const made = add
      .s(1, 2)
      .set({ priority: 9 })
      .link(mul.s(3).set({ priority: 7 }));

    const { options } = made.toMap((priority) => 9 - priority);

    expect(options).toMatchObject({ priority: 0, link: [{ options: { priority: 2 } }] });
  });

  it('returns another signature', () => {
    const original = add.s(1, 2);

    expect(original.set({ queue: 'q' })).not.toBe(original);
    expect(optionsOf(original)).toEqual({});
    expect(original.setImmutable(true).immutable).toBe(true);
    expect(original.immutable).toBe(false);
  });
});

describe('Signature links', () => {
  it('links each signature once', () => {
    const linked = add
      .s(1, 2)
      .link(mul.s(4))
      .link(mul.s(4))
      .link(mul.s(5))
      .linkError(signature('e'))
      .onError(signature('e'));

    expect(linked.links.map(({ args }) => args)).toEqual([[4], [5]]);
    expect(linked.errorLinks.map(({ task }) => task)).toEqual(['e']);
  });

  it('keeps links when it is called with more', () => {
    expect(add.s(2).link(mul.s(4)).clone([1]).links).toHaveLength(1);
  });
});

describe('Signature.isTyped', () => {
  it('tells what a compiler has checked, as long as it is the same signature', () => {
    expect(add.s(2).clone([1]).set({ queue: 'q' }).isTyped).toBe(true);
    expect(add.si(1, 2).isTyped).toBe(true);
    expect(signature('wiretasks.add', [1]).isTyped).toBe(false);
    expect(Signature.fromMap(add.s(1, 2).toMap()).isTyped).toBe(false);
  });
});

describe('signature', () => {
  it('refuses what is no task', () => {
    expect(() => signature('')).toThrow(InvalidSignatureError);
    expect(() => signature('t', 'ab' as never)).toThrow(
      'Expected "args" of a signature to be an array, got "ab" (string).',
    );
    expect(() => signature('t', [], { options: { priority: -1 } })).toThrow(InvalidOptionError);
  });
});
