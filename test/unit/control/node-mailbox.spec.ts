import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker, type Broker, type Fanout, type FanoutMessage } from '../../../lib/brokers/index.js';
import { createCommands, NodeMailbox, type ObeyedCommand } from '../../../lib/control/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { LogicalClock, systemClock } from '../../../lib/time/index.js';
import { until } from '../../tools/until.js';
import { fakeNode } from './fake-node.js';

const withinMs = 5_000;

describe('the mailbox of a node', () => {
  let broker: Broker;
  let fanout: Fanout;
  let mailbox: NodeMailbox | undefined;
  let replies: FanoutMessage[];
  let logged: string[];
  let logicalClock: LogicalClock;

  beforeEach(async () => {
    broker = createBroker(`memory:${randomUUID()}`);
    await broker.connect();
    fanout = broker.fanout as Fanout;
    [replies, logged, logicalClock] = [[], [], new LogicalClock()];
    await fanout.openReplies('reply.celery.pidbox', 'me', (reply) => replies.push(reply));
  });
  afterEach(async () => {
    await mailbox?.close();
    await broker.close();
  });

  async function open(own: readonly ObeyedCommand[] = []) {
    const log = { log: () => undefined, warn: (line: string) => void logged.push(line) };
    const { node, done } = fakeNode();
    const setup = { node, fanout, namespace: 'celery', serialization: new Serialization(), clock: systemClock };
    mailbox = new NodeMailbox({ ...setup, commands: createCommands(own), logicalClock, log });
    await mailbox.open();
    return done;
  }

  function send(body: unknown, headers: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const content = { contentType: 'application/json', contentEncoding: 'utf-8' };
    return fanout.broadcast('celery.pidbox', { routingKey: '', headers, ...content, body: JSON.stringify(body) });
  }

  const request = (method: string, more: object = {}): object => ({
    method,
    arguments: {},
    ticket: 't-1',
    reply_to: { exchange: 'reply.celery.pidbox', routing_key: 'me' },
    ...more,
  });
  const repliesOf = (count: number): Promise<unknown> =>
    until(() => replies.length >= count, { withinMs, what: `${count} replies`, detail: () => logged.join('\n') });

  it('answers to the ticket, past the time of the request', async () => {
    await open();
    await send(request('ping'), { clock: 41 });
    await repliesOf(1);

    expect(replies[0]).toMatchObject({ routingKey: 'me', headers: { ticket: 't-1', clock: 43 } });
    expect(JSON.parse(String(replies[0]?.body))).toEqual({ 'wire@wirehost': { ok: 'pong' } });
  });

  it('obeys what is for it alone, and answers only who asked for it', async () => {
    const done = await open();
    await send(request('pool_grow', { destination: ['x@y'] }));
    await send({ method: 'pool_shrink', destination: ['wire@wirehost'] });
    await send(request('ping', { pattern: 'wire@*', matcher: 'glob' }));
    await repliesOf(1);

    expect(done).toEqual([['shrink', 1]]);
    expect(replies).toHaveLength(1);
  });

  it('does not answer to a shutdown', async () => {
    const done = await open();
    await send(request('shutdown'));
    await send(request('ping'));
    await repliesOf(1);

    expect(done).toEqual([['shutdown']]);
    expect(String(replies[0]?.body)).toContain('pong');
  });

  it('drops what cannot be read with a sentence, and goes on', async () => {
    await open();
    const raw = (body: string, contentType = 'application/json'): Promise<unknown> =>
      fanout.broadcast('celery.pidbox', {
        routingKey: '',
        headers: { clock: 'x' },
        contentType,
        contentEncoding: 'utf-8',
        body,
      });
    await raw('{');
    await raw('{}', 'application/x-python-serialize');
    await raw('[]');
    await send(request('ping', { pattern: '(', matcher: 'pcre' }));
    await send(request('ping'), { clock: 'soon' });
    await repliesOf(1);

    expect(replies).toHaveLength(1);
    expect(logged).toEqual([expect.stringMatching(/^A control message was dropped: /)]);
  });

  it('answers while a command takes its time', async () => {
    let finish: (value: unknown) => void = () => undefined;
    await open([{ name: 'slow', run: () => new Promise((resolve) => (finish = resolve)) }]);
    await send(request('slow'));
    await send(request('ping'));
    await repliesOf(1);
    finish({ ok: 'at last' });
    await repliesOf(2);

    expect(replies.map(({ body }) => String(body))).toEqual([
      expect.stringContaining('pong'),
      expect.stringContaining('at last'),
    ]);
  });

  it('obeys a flood in turns, so that others have theirs, and logs little of it', async () => {
    await open();
    const sent = Array.from({ length: 10_000 }, (_, index) => send(request(index % 2 === 0 ? 'ping' : 'nothing')));
    await Promise.all(sent);
    let mostAtOnce = 0;
    for (let before = 0; before < 10_000; before = replies.length) {
      await new Promise((resolve) => setImmediate(resolve));
      mostAtOnce = Math.max(mostAtOnce, replies.length - before);
    }

    expect(mostAtOnce).toBeLessThan(500); // whatever the machine: a turn ends by the clock
    expect(logged.length).toBeLessThan(20);
  });

  it('hears nothing any more once it is closed', async () => {
    const done = await open();
    await mailbox?.close();
    await mailbox?.close();
    await send(request('pool_grow'));
    await new Promise((resolve) => setImmediate(resolve));

    expect(done).toEqual([]);
  });
});
