import { describe, expect, it } from 'vitest';
import {
  chordKeys,
  formatChordPart,
  formatGroupMeta,
  groupMetaKey,
  parseChordPart,
  parseGroupMeta,
} from '../../../lib/protocol/index.js';
import { jsonSerializer } from '../../../lib/serialization/index.js';
import { readVectors } from '../../fixtures/wire/vectors.js';

const commands = ['results-redis', 'celery-5.2.6/results-redis'].flatMap((file) =>
  readVectors(file)
    .filter(({ name }) => !/pickle|msgpack|yaml/.test(name))
    .flatMap(({ name, result_commands: all }) =>
      (all as readonly (readonly string[])[]).map(([, command = '', ...args]) => ({
        title: `${file} ${name}`,
        command,
        args,
      })),
    ),
);

/** Every part of a chord that a recorded worker kept. */
const parts = commands
  .filter(({ command }) => command === 'ZADD' || command === 'RPUSH')
  .map(({ title, args }): [string, string, string] => [title, args[0] ?? '', args.at(-1) ?? '']);

/** Every group that was saved. */
const groups = commands
  .filter(({ command, args: [key = ''] }) => command === 'SETEX' && /^celery-taskset-meta-[^.]*$/.test(key))
  .map(({ title, args: [key = '', , text = ''] }): [string, string, string] => [title, key, text]);

describe('parts of chords recorded from Celery', () => {
  it('are many', () => {
    expect(parts.length).toBeGreaterThan(15);
  });

  it.each(parts)('%s: a part in %s is read, and written again character for character', (_title, key, text) => {
    const part = parseChordPart(text);

    expect(part.taskId).toMatch(/^[0-9a-f-]{36}$/);
    expect(part.state).toMatch(/^(SUCCESS|FAILURE|REVOKED)$/);
    expect(() => JSON.parse(part.result)).not.toThrow();
    expect(formatChordPart(part)).toBe(text);
    expect(key).toMatch(/^celery-taskset-meta-[0-9a-f-]{36}\.j$/);
  });
});

describe('groups recorded from Celery', () => {
  it('are some', () => {
    expect(groups.length).toBeGreaterThan(1);
  });

  it.each(groups)('%s: %s is read, and written again character for character', (_title, key, text) => {
    const group = parseGroupMeta(jsonSerializer.decode(text));

    expect(groupMetaKey(group[0][0])).toBe(key);
    expect(group[1]).not.toBeNull();
    expect(formatGroupMeta(group)).toBe(text);
  });
});

describe('parts of chords', () => {
  it('keep ids and results as they are, whatever is in them', () => {
    const part = { taskId: 'a", "b\\', state: 'SUCCESS', result: '["], [", 12345678901234567890, {"x": "\\"]"}]' };

    expect(parseChordPart(formatChordPart(part))).toEqual(part);
    expect(parseChordPart(' [1,"a","SUCCESS",[1, 2] ] ')).toEqual({ taskId: 'a', state: 'SUCCESS', result: '[1, 2]' });
  });

  it.each([
    ['[1, "a", "SUCCESS", null]', { taskId: 'a', state: 'SUCCESS', result: 'null' }],
    ['[1, "a", "SUCCESS",  [1] ]', { taskId: 'a', state: 'SUCCESS', result: '[1]' }],
    ['[1, "\\u0061", "SUCCESS", 1]', { taskId: 'a', state: 'SUCCESS', result: '1' }],
    ['[1, "", "SUCCESS", ", \\"SUCCESS\\", "]', { taskId: '', state: 'SUCCESS', result: '", \\"SUCCESS\\", "' }],
    ['[1, "a", "FAILURE", "]"]', { taskId: 'a', state: 'FAILURE', result: '"]"' }],
  ])('are read from %j', (text, part) => {
    expect(parseChordPart(text)).toEqual(part);
  });

  it.each([
    '',
    'null',
    '[1, 2, "SUCCESS", 3]',
    '{"a": 1}',
    '[1, "a", "SUCCESS", ]',
    '[1, "a", "SUCCESS", null',
    '[1, "a"]',
  ])('are not read from %j', (text) => {
    expect(() => parseChordPart(text)).toThrow(`Expected a part of a chord, [1, id, state, result], got`);
  });

  it('are kept under keys of their group', () => {
    const key = `p:${groupMetaKey('g')}`;

    expect(chordKeys(key)).toEqual([key, `${key}.j`, `${key}.t`, `${key}.s`, `${key}.d`, `${key}.c`, 'p:ntq:chord:g']);
  });
});

describe('groups', () => {
  it.each([null, [], {}, { result: 1 }])('are not read from %j', (value) => {
    expect(() => parseGroupMeta(value)).toThrow('Expected a saved group to hold a result tuple');
  });
});
