import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { Task } from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UnroutableMessageError } from '../../../lib/errors/index.js';
import { idsOf, message } from '../../conformance/broker.bench.js';
import { deleteKeys } from '../../conformance/redis-results.subject.js';
import { eventually } from '../../e2e/outcomes/eventually.js';
import { startInline } from '../../e2e/outcomes/inline-rig.js';
import { describeWithServer } from '../../tools/servers.js';
import { lookInto, prepareBroker } from './own-server.js';

@Injectable()
class Errands {
  @Task({ name: 'adds' })
  adds(a: number, b: number): number {
    return a + b;
  }
}

/** An envelope as a Python program writes it. */
function envelope(task: string, content: { readonly body?: string | Buffer; readonly type?: string } = {}): string {
  const { body = '[[], {}, {}]', type = 'application/json' } = content;
  const id = randomUUID();
  return JSON.stringify({
    body: Buffer.from(body).toString('base64'),
    'content-encoding': type === 'application/json' ? 'utf-8' : 'binary',
    'content-type': type,
    headers: { lang: 'py', task, id, retries: 0, root_id: id },
    properties: {
      correlation_id: id,
      delivery_mode: 2,
      delivery_info: { exchange: '', routing_key: 'celery' },
      priority: 0,
      body_encoding: 'base64',
      delivery_tag: randomUUID(),
    },
  });
}

describeWithServer('redis', 'bad input in Redis', (url) => {
  function place(): { readonly keyPrefix: string; readonly redis: Redis } {
    const keyPrefix = `t${randomUUID().slice(0, 8)}:`;
    onTestFinished(() => deleteKeys(url, `${keyPrefix}*`));
    return { keyPrefix, redis: lookInto(url) };
  }

  async function startWorker() {
    const { keyPrefix, redis } = place();
    const rig = await startInline([Errands], { module: { broker: { url, keyPrefix, lease: '1s' } } });
    return {
      ...rig,
      keyPrefix,
      redis,
      works: async () => expect(await (await rig.client.for(Errands).adds.delay(1, 2)).get({ timeout: '10s' })).toBe(3),
    };
  }

  describe('a worker', () => {
    it.each([
      ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'undecodable'],
      ['half of an envelope', envelope('adds').slice(0, 90), 'undecodable'],
      ['nothing at all', '', 'undecodable'],
      ['a number', '42', 'undecodable'],
      ['a list', '[1, 2]', 'undecodable'],
      [
        'a message with pickle in it',
        envelope('adds', { body: '\u0080\u0002}q\u0000.', type: 'application/x-python-serialize' }),
        'undecodable',
      ],
      ['a body that is no JSON', envelope('adds', { body: '[[1, 2' }), 'undecodable'],
      ['a task that nobody knows', envelope('other.app.task'), 'unknown_task'],
    ])('puts %s among the dead with its reason, byte for byte, and goes on', async (_what, text, reason) => {
      const { client, redis, keyPrefix, works } = await startWorker();

      await redis.lpush(`${keyPrefix}celery`, text);
      const letter = await eventually('a dead letter', async () => (await client.deadLetters.list('celery'))[0]);

      expect(letter.reason).toBe(reason);
      expect(letter.error).not.toBe('');
      await works();
      expect(await redis.hlen(`${keyPrefix}unacked`)).toBe(0);
      expect(await client.deadLetters.count('celery')).toBe(1);
      const bytes = Buffer.from(text);
      const [dead] = await redis.lrangeBuffer(`${keyPrefix}celery.dead`, 0, -1);
      const { body } = JSON.parse(String(dead)) as { body: string };
      if (text.length > 0 && !text.toString().startsWith('{"body')) expect(Buffer.from(body, 'base64')).toEqual(bytes);
    });

    it('goes on beside records of others that cannot be read', async () => {
      const { redis, keyPrefix, works, client, logged } = await startWorker();
      const unacked = `${keyPrefix}unacked`;
      await redis.hset(unacked, 'py-1', 'garbage', 'py-2', Buffer.from([0xff, 0x00]), 'ntq:gone:0:7', '[]');
      await redis.zadd(`${keyPrefix}unacked_index`, 1, 'py-1', 1, 'py-2', 1, 'ntq:gone:0:7', 1, 'nowhere');

      await works();
      await client.queues.stats('celery');

      expect(await redis.hexists(unacked, 'py-1')).toBe(1); // not ours to throw away
      expect(logged.filter((line) => line.startsWith('error'))).toEqual([]);
    });

    it('goes on with its other queues where one is no list, and says which key to mend', async () => {
      const { keyPrefix, redis } = place();
      await redis.set(`${keyPrefix}broken`, 'a text');
      const {
        client,
        logged,
        startWorker: start,
      } = await startInline([Errands], {
        module: { broker: { url, keyPrefix } },
        worker: false,
      });
      await start({ queues: ['broken', 'celery'] });

      expect(await (await client.for(Errands).adds.delay(1, 2)).get({ timeout: '10s' })).toBe(3);
      await eventually('a warning', () => logged.find((line) => line.includes(`"${keyPrefix}broken"`)));
      await expect(client.send('adds', [1, 2], { queue: 'broken' })).rejects.toThrow(
        /WRONGTYPE.*rename or delete that key/,
      );
      await redis.del(`${keyPrefix}broken`);
      expect(await (await client.send('adds', [1, 2], { queue: 'broken' })).get({ timeout: '10s' })).toBe(3);
    });

    it.each(['unacked', 'unacked_index'])(
      'takes nothing while %s is of another type, loses nothing, and goes on once it is mended',
      async (key) => {
        const { keyPrefix, redis } = place();
        await redis.set(`${keyPrefix}${key}`, 'a text');
        const {
          client,
          logged,
          startWorker: start,
        } = await startInline([Errands], {
          module: { broker: { url, keyPrefix } },
          worker: false,
        });
        const result = await client.for(Errands).adds.delay(1, 2);
        const starting = start();
        await Promise.race([
          starting.catch(() => undefined),
          eventually('a word about it', () => logged.some((line) => line.includes('WRONGTYPE'))),
        ]);

        await redis.del(`${keyPrefix}${key}`);
        await starting.catch(() => start());

        expect(await result.get({ timeout: '10s' })).toBe(3);
      },
    );
  });

  describe('a sender', () => {
    it('is told of an exchange that no queue is bound to, and nothing is sent', async () => {
      const { keyPrefix, redis } = place();
      const { broker } = prepareBroker(url, { keyPrefix });
      await broker.connect();

      const sending = broker.publish([message('a', { exchange: 'nobody', routingKey: 'x.y' }), message('b')]);

      await expect(sending).rejects.toThrow(UnroutableMessageError);
      await expect(sending).rejects.toThrow(/"nobody" with the routing key "x.y"/);
      expect(await redis.keys(`${keyPrefix}*`)).toEqual([]);
    });

    it('reaches every queue that Python bound to a topic exchange, each once', async () => {
      const { keyPrefix, redis } = place();
      const { broker } = prepareBroker(url, { keyPrefix });
      await broker.connect();
      const member = (key: string, pattern: string, queue: string) => [key, pattern, queue].join('\u0006\u0016');
      const members = [
        member('orders.*', '^orders\\.[^\\.]+$', 'q'),
        member('#', '^.*?$', 'r'),
        member('orders.*.eu', '^orders\\.[^\\.]+\\.eu$', 's'),
        'garbage',
        '',
      ];
      await redis.sadd(`${keyPrefix}_kombu.binding.topics`, ...members);

      await broker.publish([message('a', { exchange: 'topics', routingKey: 'orders.new' })]);

      const sizes = await Promise.all(['q', 'r', 's'].map(async (queue) => broker.queues?.size(queue)));
      expect(sizes).toEqual([1, 1, 0]);
    });
  });

  it('hands out garbage among messages without losing their order', async () => {
    const { keyPrefix, redis } = place();
    const { broker } = prepareBroker(url, { keyPrefix });
    await broker.connect();
    await broker.publish([message('a')]);
    await redis.lpush(`${keyPrefix}q`, 'garbage');
    await broker.publish([message('b')]);

    const taken = await (
      await broker.consume({ queues: ['q'], node: 'worker@test' })
    ).take(3, AbortSignal.timeout(5_000));

    expect(taken).toHaveLength(3);
    expect(idsOf(taken.filter((_, index) => index !== 1))).toEqual(['a', 'b']);
    expect(() => taken[1]?.message.headers).toThrow(/not_json|JSON/i);
  });

  describe('a message longer than any may be', () => {
    const LONGEST = 5_000;
    const tooLong = 'x'.repeat(LONGEST + 1);

    async function open() {
      const { keyPrefix, redis } = place();
      const { broker } = prepareBroker(url, { keyPrefix });
      await broker.connect();
      const consumer = await broker.consume({ queues: ['q'], node: 'worker@test', longest: LONGEST });
      const takeIds = async (count: number): Promise<string[]> => {
        const ids: string[] = [];
        for (let brought = 1; ids.length < count && brought > 0;) {
          const taken = idsOf(await consumer.take(64, AbortSignal.timeout(5_000)));
          ids.push(...taken);
          brought = taken.length;
        }
        return ids;
      };
      const send = async (...what: readonly string[]): Promise<void> => {
        for (const each of what) {
          if (each === 'too long') await redis.lpush(`${keyPrefix}q`, tooLong);
          else await broker.publish([message(each)]);
        }
      };
      return { keyPrefix, redis, broker, send, takeIds };
    }

    it('is put with the dead unread, and those around it are handed out in their order', async () => {
      const { redis, keyPrefix, broker, send, takeIds } = await open();
      const names = Array.from({ length: 30 }, (_, index) => `m${index}`);
      await send('too long', ...names.slice(0, 7), 'too long', 'too long', ...names.slice(7), 'too long');

      const ids = await takeIds(30);
      await broker.publish([message('last')]); // what stands before it has been looked at then

      expect([...ids, ...(await takeIds(1))]).toEqual([...names, 'last']);
      expect(await redis.lrange(`${keyPrefix}q.dead`, 0, -1)).toEqual(Array(4).fill(tooLong));
      expect(await redis.hlen(`${keyPrefix}unacked`)).toBe(31);
      expect((await broker.deadLetters?.list('q'))?.[0]).toMatchObject({ queue: 'q', reason: 'undecodable' });
    });

    it('is put there while a worker waits, which gets the next one', async () => {
      const { redis, keyPrefix, send, takeIds } = await open();
      const taken = takeIds(1);
      await eventually('a wait', async () => String(await redis.client('LIST')).includes('cmd=blmove'));

      await send('too long', 'a');

      expect(await taken).toEqual(['a']);
      expect(await redis.llen(`${keyPrefix}q.dead`)).toBe(1);
    });
  });
});
