import { constants } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { encodeWithin, LARGEST_VALUE, pagesOf } from '../../../../lib/backends/redis/result-pages.js';
import { ResultCodec } from '../../../../lib/backends/result-codec.js';
import { DecodeError, EncodeError } from '../../../../lib/errors/index.js';
import { LARGEST_MESSAGE_BYTES } from '../../../../lib/options/index.js';
import { fromWireError } from '../../../../lib/protocol/index.js';
import { jsonSerializer } from '../../../../lib/serialization/index.js';
import { record } from '../../../conformance/result-backend.bench.js';

const codec = new ResultCodec(jsonSerializer, 60_000);

describe('pagesOf', () => {
  const sizes = (values: readonly string[]): readonly number[] =>
    pagesOf(values.map((value) => ({ ...codec.encode(record('a')), value }))).map((page) => page.length);

  it('has at most 64 results on a page', () => {
    expect(sizes(Array.from({ length: 130 }, () => 'x'))).toEqual([64, 64, 2]);
    expect(sizes([])).toEqual([]);
  });

  it('has at most 1 MiB on a page, but for one that is larger by itself', () => {
    const half = 'x'.repeat(512 * 1024);

    expect(sizes([half, half, half])).toEqual([2, 1]);
    expect(sizes(['x', half.repeat(4), 'x'])).toEqual([1, 1, 1]);
  });

  it('keeps the order', () => {
    const results = Array.from({ length: 100 }, (_, index) => codec.encode(record(`n${index}`)));

    expect(pagesOf(results).flat()).toEqual(results);
  });
});

describe('encodeWithin', () => {
  it('is what the codec writes of a record that fits', () => {
    const small = record('a', { result: '"ä"' });

    expect(encodeWithin(10_000, small, codec)).toEqual(codec.encode(small));
  });

  it('is a failure that says so for a success that is too large, counted in bytes', () => {
    const large = record('a', { result: `"${'ä'.repeat(800)}"` });

    const encoded = encodeWithin(1_000, large, codec);

    const meta = codec.decode(encoded.value);
    expect([encoded.status, meta.status, meta.taskId]).toEqual(['FAILURE', 'FAILURE', 'a']);
    const error = fromWireError(meta.result, meta.traceback);
    expect(error).toBeInstanceOf(EncodeError);
    expect(error.message).toMatch(/^The state SUCCESS of task "a" takes 17\d\d bytes, more than the 1000 /);
  });

  it('leaves room in one command, which is one text, for what is settled with it', () => {
    const following = (LARGEST_MESSAGE_BYTES * 4) / 3;
    const restOfThePage = 8 * 1024 * 1024;

    expect(LARGEST_VALUE + following + restOfThePage).toBeLessThan(constants.MAX_STRING_LENGTH);
  });

  it('keeps any other state, which ends no wait', () => {
    const large = record('a', { status: 'PROGRESS', result: `"${'x'.repeat(2_000)}"` });

    const { status, value } = encodeWithin(1_000, large, codec);

    expect([status, codec.decode(value).status]).toEqual(['PROGRESS', 'PROGRESS']);
  });
});

describe('ResultCodec', () => {
  it('puts a prefix before keys alone', () => {
    const encoded = codec.withKeyPrefix('shop:').encode(record('a'));

    expect(encoded.key).toBe('shop:celery-task-meta-a');
    expect(encoded.value).toBe(codec.encode(record('a')).value);
  });

  it('reads text and bytes, and knows the task of a state that names none', () => {
    const text = '{"status": "SUCCESS", "result": 1}';

    expect(codec.decode(Buffer.from(text), 'a')).toEqual(codec.decode(text, 'a'));
    expect(codec.decode(text, 'a')).toMatchObject({ taskId: 'a', status: 'SUCCESS', result: 1 });
    expect(() => codec.decode(Buffer.from([0x22, 0xff, 0x22]), 'a')).toThrow(DecodeError);
  });
});
