import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker, type Broker, type Fanout, type FanoutMessage } from '../../../lib/brokers/index.js';
import { createCommands, NodeMailbox, TaskControl } from '../../../lib/control/index.js';
import { UnsupportedByBrokerError } from '../../../lib/errors/index.js';
import { EnvelopeMessage } from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import { LogicalClock, systemClock } from '../../../lib/time/index.js';
import { until } from '../../tools/until.js';
import { readVector } from '../../fixtures/wire/vectors.js';
import { fakeNode } from './fake-node.js';

const serialization = new Serialization();
const log = { log: () => undefined, warn: () => undefined };

describe('TaskControl', () => {
  let broker: Broker;
  let fanout: Fanout;
  let control: TaskControl;
  let mailboxes: NodeMailbox[];
  let sent: FanoutMessage[];

  beforeEach(async () => {
    broker = createBroker(`memory:${randomUUID()}`);
    await broker.connect();
    fanout = broker.fanout as Fanout;
    [mailboxes, sent] = [[], []];
    control = createControl(broker);
  });
  afterEach(async () => {
    await control.close();
    for (const mailbox of mailboxes) await mailbox.close();
    await broker.close();
  });

  function createControl(of: Broker): TaskControl {
    const connect = async (): Promise<void> => undefined;
    return new TaskControl({ broker: of, connect, namespace: 'celery', serialization, clock: systemClock });
  }

  async function startNodes(count: number): Promise<unknown[][]> {
    const done: unknown[][] = [];
    for (let index = 0; index < count; index += 1) {
      const { node, done: ofNode } = fakeNode({ hostname: `n${index}@host` });
      const setup = { node, fanout, namespace: 'celery', serialization, clock: systemClock, log };
      const mailbox = new NodeMailbox({ ...setup, commands: createCommands(), logicalClock: new LogicalClock() });
      await mailbox.open();
      mailboxes.push(mailbox);
      done.push(ofNode);
    }
    return done;
  }

  async function listen(): Promise<void> {
    await fanout.listen('celery.pidbox', '', (message) => sent.push(message));
  }

  it('gathers what every node replies, and does not wait for more than there are', async () => {
    await startNodes(10);
    const beganMs = performance.now();

    const { replies, errors } = await control.inspect.ping({ timeout: '30s' });

    expect(performance.now() - beganMs).toBeLessThan(5_000);
    expect([...replies].sort(([one], [other]) => one.localeCompare(other))).toEqual(
      Array.from({ length: 10 }, (_, index) => [`n${index}@host`, 'pong']),
    );
    expect(errors.size).toBe(0);
  });

  it('asks those that are named, or fit', async () => {
    await startNodes(3);
    const namesOf = async (options: Parameters<TaskControl['inspect']['ping']>[0]): Promise<string[]> =>
      [...(await control.inspect.ping(options)).replies.keys()].sort();

    expect(await namesOf({ destination: 'n1@host' })).toEqual(['n1@host']);
    expect(await namesOf({ destination: ['n0@host', 'n2@host'] })).toEqual(['n0@host', 'n2@host']);
    expect(await namesOf({ pattern: '*1@*', limit: 1 })).toEqual(['n1@host']);
    expect(await namesOf({ pattern: 'n[02]', matcher: 'pcre', limit: 2 })).toEqual(['n0@host', 'n2@host']);
    expect(await namesOf({ destination: 'nobody@host', timeout: 20 })).toEqual([]);
  });

  it('has nothing to wait for where nobody is', async () => {
    const { replies } = await control.inspect.ping({ timeout: '30s' });

    expect(replies.size).toBe(0);
  });

  it('tells refusals apart from replies', async () => {
    await startNodes(1);

    const { replies, errors } = await control.autoscale({ max: 3 });

    expect(replies.size).toBe(0);
    expect([...errors]).toEqual([['n0@host', "ValueError('Autoscale not enabled')"]]);
  });

  it('commands what its methods say', async () => {
    const [done] = await startNodes(1);

    await control.poolGrow(2);
    await control.poolShrink();
    await control.addQueue('extra');
    await control.removeQueue('extra');
    await control.timeLimit('proj.add', { timeLimit: '10s', softTimeLimit: 5_000 });
    await control.revoke('r1');
    await control.revoke(['running'], { terminate: true, signal: 'SIGKILL' });
    await control.terminate('t1', 'SIGINT');
    await control.enableEvents();
    await control.disableEvents();
    await control.heartbeat();
    await control.shutdown();
    await control.inspect.ping();

    expect(done).toEqual([
      ['grow', 2],
      ['shrink', 1],
      ['add', 'extra'],
      ['remove', 'extra'],
      ['limits', 'proj.add', { hardMs: 10_000, softMs: 5_000 }],
      ['revoke', 'r1'],
      ['terminate', 'SIGKILL', 'running'],
      ['revoke', 'running'],
      ['terminate', 'SIGINT', 't1'],
      ['revoke', 't1'],
      ['enable'],
      ['disable'],
      ['heartbeat'],
      ['shutdown'],
    ]);
  });

  it('inspects all that a worker tells', async () => {
    await startNodes(1);
    const { inspect } = control;
    const asked = [
      inspect.active(undefined, true),
      inspect.reserved(),
      inspect.scheduled(),
      inspect.revoked(),
      inspect.registered(undefined, ['serializer']),
      inspect.activeQueues(),
      inspect.stats(),
      inspect.conf(undefined, true),
      inspect.report(),
      inspect.queryTask('running'),
      inspect.clock(),
      inspect.memsample(),
      inspect.memdump(),
    ];
    for (const { replies, errors } of await Promise.all(asked)) expect([replies.size, errors.size]).toEqual([1, 0]);
    expect((await inspect.queryTask(['running'])).replies.get('n0@host')?.['running']?.[0]).toBe('active');
  });

  it('writes requests as kombu does', async () => {
    await listen();
    await control.call('ping', {}, { destination: ['wire@wirehost', 'x@y'], timeout: 1 });
    await control.broadcast('ping', {}, { pattern: 'wire@*' });
    const { raw } = readVector('control-redis', 'ping_destination')['request'] as { readonly raw: string };
    const kombu = new EnvelopeMessage(raw);
    const shape = (text: unknown): string =>
      String(text)
        .replaceAll(/[0-9a-f-]{36}/g, 'id')
        .replaceAll(/\s/g, '');

    expect(shape(sent[0]?.body)).toBe(shape(kombu.body));
    expect(Object.keys(sent[0]?.headers ?? {})).toEqual(Object.keys(kombu.headers));
    expect(Number(sent[0]?.headers['expires']) - Date.now() / 1_000).toBeLessThan(1);
    expect(JSON.parse(String(sent[1]?.body))).toEqual({
      method: 'ping',
      arguments: {},
      destination: null,
      pattern: 'wire@*',
      matcher: 'glob',
    });
    expect(sent[1]?.headers['expires']).toBe(0);
  });

  it('passes over replies that are none, or to nobody', async () => {
    await startNodes(1);
    await listen();
    const asked = control.inspect.ping({ destination: ['n0@host', 'x@y'], timeout: 200 });
    await until(() => sent.length > 0, { withinMs: 5_000, what: 'The request' });
    const { ticket, reply_to: to } = JSON.parse(String(sent[0]?.body)) as Record<'ticket' | 'reply_to', never>;
    const content = {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      routingKey: to['routing_key'] as string,
    };
    const reply = (body: string, headers: object) =>
      fanout.reply(to['exchange'], { ...content, headers: { ...headers }, body });
    await reply('"x"', { ticket });
    await reply('{', { ticket });
    await reply('{"a@b": {"ok": "pong"}}', { ticket: 'other' });
    await reply('{"a@b": {"ok": "pong"}}', {});

    expect([...(await asked).replies.keys()]).toEqual(['n0@host']);
  });

  it.each([
    [{ destination: [] }, /destination/],
    [{ destination: '' }, /destination/],
    [{ matcher: 'pcre' }, /"matcher".* together with "pattern"/],
    [{ pattern: 'x', matcher: 'regex' }, /"glob", "pcre"/],
    [{ timeout: 0 }, /timeout/],
    [{ limit: 0 }, /limit/],
    [{ nodes: ['x'] }, /nodes/],
  ])('refuses %j', async (options, message) => {
    await expect(control.inspect.ping(options as never)).rejects.toThrow(message);
  });

  it('says so where the broker reaches nobody', async () => {
    const lonely = createControl({ ...broker, store: 'sqs:', fanout: undefined } as unknown as Broker);

    await expect(lonely.inspect.ping()).rejects.toBeInstanceOf(UnsupportedByBrokerError);
    await expect(lonely.shutdown()).rejects.toThrow(/command workers/);
  });
});
