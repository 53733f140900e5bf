import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodeError } from '../../../lib/errors/index.js';
import { formatTaskMessage, TaskHeadersTemplate, type NewTaskMessage } from '../../../lib/protocol/index.js';
import { jsonSerializer } from '../../../lib/serialization/index.js';

const json = { contentType: 'application/json', contentEncoding: 'utf-8', body: '[[], {}, {}]' };
const common = { task: 'billing.send "it"', origin: 'gen1@host', ignoreResult: undefined };
const destination = { queue: 'celery', exchange: '', routingKey: 'celery' };

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.uuid());
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** What a template fills in. */
const own = fc.record({
  id: text,
  rootId: maybe(text),
  parentId: maybe(text),
  argsRepr: text,
  kwargsRepr: text,
  headers: maybe(
    fc.dictionary(
      text.map((name) => `x-${name}`),
      fc.jsonValue(),
    ),
  ),
});
/** What it knows nothing of. */
const further = fc.record(
  {
    etaMs: fc.integer({ min: 0, max: 2e12 }),
    expiresMs: fc.integer({ min: 0, max: 2e12 }),
    shadow: text,
    groupId: fc.uuid(),
    groupIndex: fc.nat(),
    retries: fc.nat(),
    timeLimitMs: fc.nat(),
    softTimeLimitMs: fc.nat(),
    ignoreResult: fc.boolean(),
    replacedTaskNesting: fc.nat(),
    stampedHeaders: fc.array(text),
    stamps: fc.dictionary(text, fc.jsonValue()),
    task: text,
    origin: text,
  },
  { requiredKeys: [] },
);

const template = new TaskHeadersTemplate(common);
const write = (message: NewTaskMessage) => template.write(message, json, jsonSerializer.encode);

describe('TaskHeadersTemplate', () => {
  it('writes what the formatter writes, character for character', () => {
    fc.assert(
      fc.property(own, (each) => {
        const message = { ...common, ...destination, ...each };
        const { headers } = formatTaskMessage(message, json, jsonSerializer.encode);

        expect(write(message)).toBe(headers);
      }),
    );
  });

  it('changes nothing of any message', () => {
    fc.assert(
      fc.property(own, further, maybe(fc.constant('application/x-gzip')), (each, more, compression) => {
        const message = { ...common, ...destination, ...each, ...more };
        const content = { ...json, compression };

        expect(formatTaskMessage(message, content, jsonSerializer.encode, template)).toEqual(
          formatTaskMessage(message, content, jsonSerializer.encode),
        );
      }),
    );
  });

  it('leaves to the formatter what says more', () => {
    const message = { ...common, ...destination, id: 'id-1', argsRepr: '()', kwargsRepr: '{}' };

    expect(write(message)).toBeTypeOf('string');
    expect(write({ ...message, etaMs: 0 })).toBeUndefined();
    expect(write({ ...message, retries: 0 })).toBeUndefined();
    expect(write({ ...message, ignoreResult: false })).toBeUndefined();
    expect(write({ ...message, task: 'another' })).toBeUndefined();
    expect(template.write(message, { ...json, compression: 'application/x-gzip' }, jsonSerializer.encode)).toBe(
      undefined,
    );
  });

  it("refuses a header that is Celery's own", () => {
    const message = { ...common, ...destination, id: 'id-1', argsRepr: '()', kwargsRepr: '{}', headers: { id: 'x' } };

    expect(() => write(message)).toThrow(EncodeError);
  });
});
