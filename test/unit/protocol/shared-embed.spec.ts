import { describe, expect, it, vi } from 'vitest';
import { formatBodyJson, parseBody } from '../../../lib/protocol/index.js';
import { SharedEmbed } from '../../../lib/protocol/shared-embed.js';

const NOTHING = { callbacks: null, errbacks: null, chain: null };
const chordOf = (task: string) => ({
  task,
  args: [', {}, {"callbacks": null'],
  kwargs: {},
  options: { task_id: 'b' },
  subtask_type: null,
  immutable: false,
});

/** As Python writes it. */
const bodyOf = (args: unknown, embed: unknown, kwargs = '{}'): string => {
  const spaced = (value: unknown): string =>
    JSON.stringify(value).replace('{"callbacks":null,', '{"callbacks": null, ');
  return `[${spaced(args)}, ${kwargs}, ${spaced(embed)}]`;
};

const decode = vi.fn((json: string): unknown => {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
});

describe('SharedEmbed', () => {
  it.each([
    ['Python', bodyOf],
    [
      'this library',
      (args: unknown, embed: unknown) => formatBodyJson(JSON.stringify(args), '{}', JSON.stringify(embed)),
    ],
    ['JavaScript', (args: unknown, embed: unknown) => JSON.stringify([args, {}, embed])],
  ])('reads from the second on what members of a chord say alike, without decoding it again: %s', (_who, write) => {
    const shared = new SharedEmbed();
    const embed = { ...NOTHING, chord: chordOf('body') };

    expect(shared.read(write([0], embed), decode, decode)).toBeUndefined();
    expect(shared.read(write([1], embed), decode, decode)).toEqual(parseBody([[1], {}, embed]));
    decode.mockClear();
    for (const args of [[2], [], ['x, {}, {"callbacks": '], [{ a: [1, ']'] }]]) {
      expect(shared.read(write(args, embed), decode, decode)).toEqual(parseBody([args, {}, embed]));
    }
    expect(decode.mock.calls.map(([json]) => json.length).every((length) => length < 40)).toBe(true);
  });

  it('tells one end from another, and begins anew for another application', () => {
    const shared = new SharedEmbed();
    const [one, other] = [chordOf('one'), chordOf('other')].map((chord) => ({ ...NOTHING, chord }));
    shared.read(bodyOf([0], one), decode, decode);
    shared.read(bodyOf([1], one), decode, decode);

    expect(shared.read(bodyOf([2], other), decode, decode)).toBeUndefined();
    expect(shared.read(bodyOf([3], one), decode, decode)?.chord?.task).toBe('one');
    expect(shared.read(bodyOf([4], other), decode, decode)).toMatchObject({ args: [4], chord: { task: 'other' } });
    const elsewhere = vi.fn((json: string): unknown => JSON.parse(json) as unknown);
    expect(shared.read(bodyOf([5], other), elsewhere, elsewhere)?.chord?.task).toBe('other');
    expect(elsewhere).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['keyword arguments', bodyOf([0], NOTHING, '{"a": 1}')],
    ['no list of arguments', bodyOf({ a: 1 }, NOTHING)],
    ['text that is no JSON', `[[1, , {}, ${JSON.stringify(NOTHING).replace(':null', ': null')}]`],
    ['an embed that is cut off', bodyOf([0], NOTHING).slice(0, -3)],
    ['the map of protocol 1', '{"task": "a", "args": []}'],
    ['nothing', ''],
  ])('leaves %s to who reads the whole', (_what, body) => {
    const shared = new SharedEmbed();

    expect([1, 2, 3].map(() => shared.read(body, decode, decode))).toEqual([undefined, undefined, undefined]);
  });
});
