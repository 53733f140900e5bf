import { describe, expect, it } from 'vitest';
import {
  argsRepr,
  EnvelopeMessage,
  formatBody,
  formatEnvelope,
  formatTaskMessage,
  kwargsRepr,
  readTaskMessage,
  type DecodeContent,
  type TaskHead,
} from '../../../lib/protocol/index.js';
import { createJsonSerializer, Serialization } from '../../../lib/serialization/index.js';
import { envelopesOf, readVectors, type Vector } from '../../fixtures/wire/vectors.js';

const serialization = new Serialization();
const asPython = createJsonSerializer({ nonFinite: 'write' });
const decode: DecodeContent = (content) => serialization.decode(content);

/** What `JSON.parse` loses is compared as text elsewhere; here shapes count. */
const plain = (text: string): Record<string, unknown> => JSON.parse(text.replaceAll(/\b(NaN|Infinity)\b/g, '"$1"'));

const files = ['messages-redis', 'celery-5.2.6/messages-redis'];
const isJson = (raw: string): boolean => {
  const { headers, ...envelope } = plain(raw) as { headers: Record<string, unknown>; 'content-type': unknown };
  const compression = headers['compression'] ?? 'application/x-gzip';
  return envelope['content-type'] === 'application/json' && compression === 'application/x-gzip';
};
const messages = (wanted: (raw: string) => boolean): [string, string, Vector][] =>
  files.flatMap((file) =>
    readVectors(file).flatMap((vector) =>
      envelopesOf(vector)
        .filter(wanted)
        .map((raw): [string, string, Vector] => [`${file} ${vector.name}`, raw, vector]),
    ),
  );

/** The call that makes the same message again. */
function sendAgain(head: TaskHead, raw: string): string {
  const message = new EnvelopeMessage(raw);
  const { properties } = plain(raw) as { properties: Record<string, unknown> };
  const { body } = readTaskMessage(message, decode);
  const expiration = properties['expiration'];
  const content = asPython.encode(formatBody(body()));
  const out = formatTaskMessage(
    {
      ...head,
      argsRepr: head.argsRepr ?? '',
      kwargsRepr: head.kwargsRepr ?? '',
      origin: head.origin ?? '',
      queue: head.routingKey,
      expirationMs: typeof expiration === 'string' ? Number(expiration) : undefined,
      deliveryMode: properties['delivery_mode'] as 1 | 2,
    },
    { body: content, contentType: 'application/json', contentEncoding: 'utf-8' },
    asPython.encode,
  );
  return formatEnvelope(out, message.properties.deliveryTag ?? '');
}

describe('messages recorded from Celery', () => {
  it.each(messages(isJson))('%s is read', (_name, raw, { api }) => {
    const message = new EnvelopeMessage(raw);
    const { head, body } = readTaskMessage(message, decode);
    const sent = plain(raw) as { headers: Record<string, unknown>; properties: Record<string, unknown> };

    expect(head.task).toMatch(/^(wiretasks|other)\./);
    expect(head.protocol).toBe(api.includes('task_protocol=1') ? 1 : 2);
    expect(head.priority).toBe(sent.properties['priority']);
    expect(head.correlationId).toBe(head.id);
    expect(Array.isArray(body().args)).toBe(true);
    if (head.protocol === 1) return;
    expect(head.id).toBe(sent.headers['id']);
    expect(head.rootId).toBe(sent.headers['root_id']);
    expect(head.ignoreResult).toBe(sent.headers['ignore_result']);
  });

  it.each(messages((raw) => isJson(raw) && 'replaced_task_nesting' in (plain(raw).headers as object)))(
    '%s is written again field for field and in the same order',
    (_name, raw) => {
      const { head } = readTaskMessage(new EnvelopeMessage(raw), decode);
      const expected = plain(raw) as { headers: Record<string, unknown>; properties: Record<string, unknown> };
      delete expected.headers['compression'];
      // What `apply_async` does not know lands in Celery's properties; nothing of ours is sent so.
      for (const name of ['argsrepr', 'kwargsrepr', 'user_id', 'app_id', 'type', 'message_id'])
        delete expected.properties[name];

      const again = plain(sendAgain(head, raw)) as typeof expected & { body: string };

      expect(Object.keys(again.headers)).toEqual(Object.keys(expected.headers));
      expect(Object.keys(again.properties)).toEqual(Object.keys(expected.properties));
      expect({ ...again, body: undefined }).toEqual({
        ...expected,
        body: undefined,
        headers: { ...expected.headers, lang: 'js', ...datesInUtc(expected.headers) },
      });
    },
  );

  it.each(messages((raw) => isJson(raw) && !plain(raw)['headers']?.['compression' as never]))(
    '%s keeps its body',
    (_name, raw) => {
      const { head } = readTaskMessage(new EnvelopeMessage(raw), decode);
      if (head.protocol === 1) return;

      const again = new EnvelopeMessage(sendAgain(head, raw));

      expect(decode(again)).toEqual(decode(new EnvelopeMessage(raw)));
    },
  );
});

/** Dates with other offsets are written in UTC: the same moment, another text. */
function datesInUtc(headers: Record<string, unknown>): Record<string, unknown> {
  const { eta } = headers;
  if (eta === '2030-01-02T03:04:05+05:30') return { eta: '2030-01-01T21:34:05+00:00' };
  return eta === '2030-01-02T03:04:05' ? { eta: '2030-01-02T03:04:05+00:00' } : {};
}

describe('argsrepr and kwargsrepr of the same call', () => {
  const cut = new Set(['immutable_args_repr', 'all_options', 'send_task', 'json_a_tuple', 'protocol1']);
  const cases = messages(isJson).filter(([file, , { name }]) => !file.startsWith('celery-5.2.6') && !cut.has(name));

  it.each(cases)('%s', (_name, raw) => {
    const { head, body } = readTaskMessage(new EnvelopeMessage(raw), decode);
    const { args, kwargs } = body();

    expect({ args: argsRepr(args), kwargs: kwargsRepr(kwargs) }).toEqual({
      args: head.argsRepr,
      kwargs: head.kwargsRepr,
    });
  });
});
