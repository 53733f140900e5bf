import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asTextRunner, taskJobCodec, type ShownOutcome, type TaskReply } from '../../../lib/execution/index.js';
import type { OutgoingMessage, ResultRecord } from '../../../lib/protocol/index.js';
import { jobOf, runnable, setupTracer } from './rig.js';

const { encodeJob, decodeJob, encodeReply, decodeReply } = taskJobCodec;

const text = fc.string({ unit: 'grapheme' });
const optionalText = fc.option(text, { nil: undefined });
const jsonText = fc.json().map((json) => JSON.stringify(JSON.parse(json)));
const record: fc.Arbitrary<ResultRecord> = fc.record({
  taskId: text,
  status: fc.constantFrom('SUCCESS', 'FAILURE', 'RETRY'),
  result: jsonText,
  traceback: fc.option(text),
  children: fc.array(text.map((id) => [[id, null], null] as const)),
  dateDoneMs: fc.option(
    fc.double({ min: 0, max: 1e15, noNaN: true }).map((ms) => ms + 0),
    { nil: undefined },
  ),
  groupId: optionalText,
  parentId: optionalText,
  extended: fc.option(
    fc.record({ name: text, args: jsonText, kwargs: jsonText, worker: text, retries: fc.nat(), queue: text }),
    { nil: undefined },
  ),
});
const message: fc.Arbitrary<OutgoingMessage> = fc.record({
  id: text,
  task: text,
  headers: jsonText,
  body: fc.oneof(
    text,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  contentType: text,
  contentEncoding: text,
  correlationId: text,
  replyTo: text,
  deliveryMode: fc.constantFrom(1 as const, 2 as const),
  priority: fc.nat(9),
  expiration: optionalText,
  etaMs: fc.option(fc.nat(), { nil: undefined }),
  queue: text,
  exchange: text,
  routingKey: text,
});
const shown: fc.Arbitrary<ShownOutcome | undefined> = fc.oneof(
  fc.record({ result: text }),
  fc.record({ exception: text, traceback: text }),
  fc.constant(undefined),
);
const reply: fc.Arbitrary<TaskReply> = fc
  .record({
    outcome: fc.constantFrom('success', 'failure', 'retry', 'ignored', 'rejected', 'undecodable'),
    records: fc.array(record, { maxLength: 3 }),
    successors: fc.array(message, { maxLength: 3 }),
    requeue: fc.boolean(),
    error: text,
    traceback: text,
    expected: fc.boolean(),
    runtimeMs: fc.double({ min: 0, max: 1e9, noNaN: true }).map((ms) => ms + 0),
    shown,
  })
  .map(({ shown: told, ...rest }) => (told === undefined ? rest : { ...rest, shown: told }));

describe('taskJobCodec', () => {
  it('brings back every reply, in one line without tabs', () => {
    fc.assert(
      fc.property(reply, (given) => {
        const line = encodeReply(given);

        expect(line).not.toMatch(/[\t\r\n]/);
        expect(decodeReply(line)).toEqual(given);
      }),
    );
  });

  it('brings back a plain success by the short way', () => {
    const plain = record.filter(({ groupId, parentId }) => groupId !== '' && parentId !== '');
    fc.assert(
      fc.property(plain, fc.double({ min: 0, max: 1e9, noNaN: true }), (given, runtimeMs) => {
        const success: TaskReply = {
          outcome: 'success',
          records: [{ ...given, status: 'SUCCESS', traceback: null, dateDoneMs: 5 }],
          successors: [],
          requeue: false,
          error: '',
          traceback: '',
          expected: false,
          runtimeMs: runtimeMs + 0,
        };

        expect(decodeReply(encodeReply(success))).toEqual(success);
      }),
    );
  });

  it('does not quote a result once more', () => {
    const line = encodeReply({
      outcome: 'success',
      records: [
        {
          taskId: 'id',
          status: 'SUCCESS',
          result: '{"a": "\\u001f"}',
          traceback: null,
          children: [],
          dateDoneMs: 1,
          groupId: undefined,
          parentId: undefined,
          extended: undefined,
        },
      ],
      successors: [],
      requeue: false,
      error: '',
      traceback: '',
      expected: false,
      runtimeMs: 2,
    });

    expect(line).toContain('{"a": "\\u001f"}');
  });

  it.each([{ hardMs: 5_000, softMs: 1_000 }, { softMs: 10 }, {}])('brings back the limits %j of a job', (limits) => {
    const outgoing = setupTracer([runnable('a', () => 1)]).messages.create({ task: 'a', args: [], kwargs: {} });
    const job = jobOf(outgoing, { limits: { hardMs: undefined, softMs: undefined, ...limits } });

    const back = decodeJob(encodeJob(job));

    expect([back.limits, back.verdict, back.redelivered]).toEqual([limits, undefined, false]);
    expect(back.message.envelope).toBe(job.message.envelope);
  });

  it('brings back jobs, in one line without tabs', () => {
    const rig = setupTracer([runnable('a', () => 1)]);
    const outgoing = rig.messages.create({ task: 'a', args: ['tab\t, line\n, ünï'], kwargs: {} });
    const verdict = { excType: 'E', excModule: 'm', excMessage: ['two\nlines'], traceback: 'a\nb' };
    const job = jobOf(outgoing, { redelivered: true, queue: 'q"', verdict });

    const line = encodeJob(job);
    const back = decodeJob(line);

    expect(line).not.toMatch(/[\t\r\n]/);
    expect(back).toMatchObject({ queue: 'q"', redelivered: true, verdict });
    expect(back.message.envelope).toBe(job.message.envelope);
    expect(back.message.body).toBe(outgoing.body);
    expect(decodeJob(encodeJob(jobOf(outgoing)))).not.toHaveProperty('verdict');
    expect(decodeJob(encodeJob(jobOf(outgoing)))).not.toHaveProperty('isShown');
    expect(decodeJob(encodeJob({ ...job, isShown: true }))).toMatchObject({
      redelivered: true,
      isShown: true,
      verdict,
    });
  });

  it('serves a child: a line in, a line out', async () => {
    const rig = setupTracer([runnable('add', (_context, a: number, b: number) => a + b, { params: ['a', 'b'] })]);
    const job = jobOf(rig.messages.create({ task: 'add', args: [1, 2], kwargs: {} }));

    const line = await asTextRunner(rig.tracer).run(encodeJob(job), { signal: new AbortController().signal });

    expect(decodeReply(line)).toMatchObject({ outcome: 'success', records: [{ result: '3' }] });
    expect(decodeReply(line)).not.toHaveProperty('shown');
  });
});
