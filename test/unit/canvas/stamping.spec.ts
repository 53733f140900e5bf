import { describe, expect, it } from 'vitest';
import {
  chain,
  chord,
  chunks,
  group,
  signature,
  signaturesOf,
  type AnySignature,
  type StampingVisitor,
} from '../../../lib/canvas/index.js';
import { InvalidSignatureError } from '../../../lib/errors/index.js';
import type { SignatureMap } from '../../../lib/protocol/index.js';
import { readVector } from '../../fixtures/wire/vectors.js';

const add = signaturesOf<[a: number, b: number], number>('wiretasks.add');
const mul = signaturesOf<[a: number, b: number], number>('wiretasks.mul');
const [a, b, c, d] = [signature('t.a'), signature('t.b'), signature('t.c'), signature('t.d')];
const append = { appendStamps: true };

/** Stamps of all in a signature, by where it stands: `.0` a part, `h` of a header, `b` the body, `+` a link, `!` one for errors. */
function stampsOf(made: AnySignature): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  const look = ({ kwargs = {}, options = {} }: SignatureMap, place: string): void => {
    const { link = [], link_error: errorLink = [], stamped_headers: names, ...stamps } = options;
    if (names !== undefined) found[place] = stamps;
    if (names !== undefined) expect([...(names as string[])].sort()).toEqual(Object.keys(stamps).sort());
    const all = (maps: unknown, kind: string): void => {
      for (const [index, map] of ((maps ?? []) as SignatureMap[]).entries()) look(map, `${place}${kind}${index}`);
    };
    all(link, '+');
    all(errorLink, '!');
    all(kwargs['tasks'], '.');
    all(kwargs['header'], '.h');
    if (kwargs['body'] !== undefined) look(kwargs['body'] as SignatureMap, `${place}.b`);
  };
  look(made.toMap(), '');
  return found;
}

describe('stamps, as Celery writes them', () => {
  it.each([
    ['stamped_by_options', add.s(1, 2).stamp({ stampname: 'v', other: ['a', 'b'] })],
    [
      'stamped_chain',
      chain(add.s(1, 2), mul.s(3)).stamp({ onSignature: () => ({ mystamp: 'sv', stampedHeaders: ['mystamp'] }) }),
    ],
  ])('make the map of vector "%s"', (name, made) => {
    expect(made.toMap()).toEqual(readVector('signatures', name)['dict']);
  });

  // What Celery 5.7.0 makes of the same.
  it.each<[string, AnySignature, unknown]>([
    ['the one given last stays', a.stamp({ s: 1 }).stamp({ s: 2 }), 2],
    ['both, where they are appended', a.stamp({ s: 1 }).stamp({ s: 2 }, append), [2, 1]],
    ['all, where they are appended', a.stamp({ s: 1 }).stamp({ s: 2 }, append).stamp({ s: 3 }, append), [3, 2, 1]],
    ['lists are one list', a.stamp({ s: [1] }).stamp({ s: [2] }), [2, 1]],
    ['a list and a value', a.stamp({ s: [1] }).stamp({ s: 2 }, append), [2, 1]],
    ['a value and a list', a.stamp({ s: 1 }).stamp({ s: [2] }, append), [2, 1]],
    ['maps are one map', a.stamp({ s: { x: 1, z: 5 } }).stamp({ s: { x: 2, y: 3 } }), { x: 2, y: 3, z: 5 }],
    [
      'maps are one map, with both values',
      a.stamp({ s: { x: 1, z: 5 } }).stamp({ s: { x: 2, y: 3 } }, append),
      { x: [2, 1], y: 3, z: 5 },
    ],
    ['null is no value', a.stamp({ s: 1 }).stamp({ s: null }, append), [1]],
  ])('join: %s', (_what, made, value) => {
    expect(stampsOf(made)).toEqual({ '': { s: value } });
  });

  it('are those of all in a workflow', () => {
    expect(stampsOf(group(a, chain(b, c)).stamp({ s: 1 }))).toEqual({
      '.0': { s: 1 },
      '.1.0': { s: 1 },
      '.1.1': { s: 1 },
    });
    expect(stampsOf(chain(a, b).link(c).onError(d).stamp({ s: 1 }))).toEqual({
      '+0': { s: 1 },
      '!0': { s: 1 },
      '.0': { s: 1 },
      '.1': { s: 1 },
    });
    expect(stampsOf(chunks(add.s(), [[1, 2]], 1).stamp({ s: 1 }))).toEqual({ '': { s: 1 } });
  });

  it('are those of a body, too, also without a visitor', () => {
    expect(stampsOf(chord([a], b).stamp({ s: 1 }))).toEqual({ '.h0': { s: 1 }, '.b': { s: 1 } });
  });
});

describe('a stamping visitor', () => {
  const visitor: StampingVisitor = {
    onSignature: ({ task }) => ({ sig: task }),
    onGroupStart: () => ({ grp: 1 }),
    onChainStart: () => ({ chn: 1 }),
    onChordBody: () => ({ body: 1 }),
    onCallback: () => ({ cb: 1 }),
    onErrback: () => ({ eb: 1 }),
  };

  it('is asked for a chain, its links and the group in it', () => {
    const made = chain(a.link(c).onError(d), group(b, c)).stamp(visitor);

    expect(stampsOf(made)).toEqual({
      '.0': { chn: 1, sig: 't.a' },
      '.0+0': { chn: 1, cb: 1, sig: 't.c' },
      '.0!0': { chn: 1, eb: 1, sig: 't.d' },
      '.1.0': { chn: 1, grp: 1, sig: 't.b' },
      '.1.1': { chn: 1, grp: 1, sig: 't.c' },
    });
  });

  it('is asked for a chord, whose header is a group to it', () => {
    const made = chord([a, chain(b, c)], d.link(a).onError(b)).stamp(visitor);

    expect(stampsOf(made)).toEqual({
      '.h0': { grp: 1, sig: 't.a' },
      '.h1.0': { grp: 1, chn: 1, sig: 't.b' },
      '.h1.1': { grp: 1, chn: 1, sig: 't.c' },
      '.b': { grp: 1, body: 1, sig: 't.d' },
      '.b+0': { grp: 1, body: 1, cb: 1, sig: 't.a' },
      '.b!0': { grp: 1, body: 1, eb: 1, sig: 't.b' },
    });
  });

  it('is told what it has said so far, from outside to inside', () => {
    const told: unknown[] = [];
    const tell =
      (what: string) =>
      ({ kind }: { kind: string }, stamps: object) => {
        told.push([what, kind, Object.keys(stamps)]);
        return { [what]: 1 };
      };

    chord([a], chain(b, c)).stamp({
      onSignature: tell('signature'),
      onGroupStart: tell('group'),
      onGroupEnd: tell('groupEnd'),
      onChordHeaderStart: tell('header'),
      onChordHeaderEnd: tell('headerEnd'),
      onChordBody: tell('body'),
      onChainStart: tell('row'),
      onChainEnd: tell('rowEnd'),
    });

    expect(told).toEqual([
      ['header', 'chord', []],
      ['signature', 'task', ['header']],
      ['headerEnd', 'chord', ['header']],
      ['body', 'chord', ['header']],
      ['row', 'chain', ['header', 'body']],
      ['signature', 'task', ['header', 'body', 'row']],
      ['signature', 'task', ['header', 'body', 'row']],
      ['rowEnd', 'chain', ['header', 'body', 'row']],
    ]);
  });

  it('yields to what those around have said, or joins it', () => {
    const same: StampingVisitor = { onSignature: () => ({ s: 'sig' }), onChainStart: () => ({ s: 'chain' }) };

    expect(stampsOf(chain(a, b).stamp(same))).toEqual({ '.0': { s: 'chain' }, '.1': { s: 'chain' } });
    expect(stampsOf(chain(a, b).stamp(same, append))).toEqual({
      '.0': { s: ['chain', 'sig'] },
      '.1': { s: ['chain', 'sig'] },
    });
    expect(stampsOf(a.stamp(same, { stamps: { s: 'given', k: 1 } }))).toEqual({ '': { s: 'given', k: 1 } });
  });

  it('may be of a class, and need not say anything', () => {
    class Quiet implements StampingVisitor {
      private readonly asked: string[] = [];
      onSignature({ task }: { task: string }): void {
        this.asked.push(task);
      }
    }

    expect(stampsOf(chain(a, b).stamp(new Quiet()))).toEqual({ '.0': {}, '.1': {} });
  });
});

describe('a stamp', () => {
  it.each<[string, () => unknown, string]>([
    ['an option of signatures', () => a.stamp({ queue: 'q' }), 'Expected "stamp" of a signature to be named otherwise'],
    ['one that a visitor gives', () => a.stamp({ onSignature: () => ({ task_id: 'x' }) }), 'got "task_id" (string)'],
    ['no object', () => a.stamp('s' as never), 'to be an object of stamps, or a visitor with onSignature()'],
    ['an unknown option', () => a.stamp({ s: 1 }, { append: true } as never), '"stamp.append"'],
  ])('cannot be %s', (_what, make, message) => {
    expect(make).toThrow(message);
  });

  it('is refused with an error of signatures', () => {
    expect(() => a.stamp({ link: 1 })).toThrow(InvalidSignatureError);
  });

  it('stays when the signature is called with other options', () => {
    expect(stampsOf(a.stamp({ s: 1 }).clone([5]))).toEqual({ '': { s: 1 } });
    expect(
      stampsOf(
        a
          .stamp({ s: 1 })
          .set({})
          .replace({ args: [1] }),
      ),
    ).toEqual({ '': { s: 1 } });
  });
});
