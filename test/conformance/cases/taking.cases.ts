import { expect } from 'vitest';
import { ack, idOf, idsOf, message, messages, turn, type BrokerCase } from '../broker.bench.js';

export const takingCases: readonly BrokerCase[] = [
  {
    name: 'delivers what was published',
    async run(bench) {
      const headers = {
        task: 'proj.tasks.add',
        id: 'a',
        note: 'ä € 𝄞 "quoted" \\ \n',
        nested: { list: [1, 2.5, null] },
      };
      const sent = message('a', {
        headers: JSON.stringify(headers),
        body: '[["ü"], {}, {}]',
        replyTo: 'reply',
        priority: 3,
      });
      await bench.broker.publish([sent]);

      const delivery = await bench.takeOne(await bench.consume());

      expect(delivery.queue).toBe('q');
      expect(delivery.redelivered).toBe(false);
      expect(delivery.losses).toBe(0);
      expect(delivery.message.headers).toMatchObject(headers);
      expect(delivery.message.body).toBe(sent.body);
      expect(delivery.message.contentType).toBe('application/json');
      expect(delivery.message.contentEncoding).toBe('utf-8');
      expect(delivery.message.properties).toMatchObject({
        correlationId: 'a',
        replyTo: 'reply',
        priority: 3,
        exchange: '',
        routingKey: 'q',
        redelivered: false,
      });
    },
  },
  {
    name: 'delivers a binary body unchanged',
    async run(bench) {
      const body = Uint8Array.from({ length: 256 }, (_, index) => index);
      await bench.broker.publish([
        message('a', { body, contentType: 'application/x-msgpack', contentEncoding: 'binary' }),
      ]);

      const delivery = await bench.takeOne(await bench.consume());

      expect(Buffer.from(delivery.message.body as Uint8Array)).toEqual(Buffer.from(body));
    },
  },
  {
    name: 'delivers in the order of publishing',
    async run(bench) {
      await bench.broker.publish(messages(3, 'a'));
      await bench.broker.publish(messages(2, 'b'));

      const taken = await bench.take(await bench.consume(), 5);

      expect(idsOf(taken)).toEqual(['a0', 'a1', 'a2', 'b0', 'b1']);
    },
  },
  {
    name: 'keeps the order of publishes that were not awaited',
    async run(bench) {
      await Promise.all(messages(20).map((each) => bench.broker.publish([each])));

      const taken = await bench.take(await bench.consume(), 20);

      expect(idsOf(taken)).toEqual(idsOfMessages(20));
    },
  },
  {
    name: 'serves the lowest wire priority first, and each in order',
    needs: ['lowest-first'],
    async run(bench) {
      await bench.broker.publish(
        [9, 0, 5, 0, 9].map((priority, index) => message(`p${priority}-${index}`, { priority })),
      );

      const taken = await bench.take(await bench.consume(), 5);

      expect(idsOf(taken)).toEqual(['p0-1', 'p0-3', 'p5-2', 'p9-0', 'p9-4']);
    },
  },
  {
    name: 'serves the highest wire priority first, and each in order',
    needs: ['highest-first'],
    async run(bench) {
      await bench.broker.publish(
        [9, 0, 5, 0, 9].map((priority, index) => message(`p${priority}-${index}`, { priority })),
      );

      const taken = await bench.take(await bench.consume(), 5);

      expect(idsOf(taken)).toEqual(['p9-0', 'p9-4', 'p5-2', 'p0-1', 'p0-3']);
    },
  },
  {
    name: 'takes no more than asked for',
    async run(bench) {
      await bench.broker.publish(messages(10));
      const consumer = await bench.consume();

      const first = await consumer.take(3, bench.soon());
      const second = await consumer.take(1, bench.soon());

      expect(first.length).toBeLessThanOrEqual(3);
      expect(second).toHaveLength(1);
    },
  },
  {
    name: 'takes no more than 64 at once, and loses none of the rest',
    async run(bench) {
      await bench.broker.publish(messages(200));
      const consumer = await bench.consume();

      const first = await consumer.take(1_000, bench.soon());
      const rest = await bench.take(consumer, 200 - first.length);

      expect(first.length).toBeLessThanOrEqual(64);
      expect(idsOf([...first, ...rest])).toEqual(idsOfMessages(200));
    },
  },
  {
    name: 'hands out large messages few at a time, the first whatever its size',
    async run(bench) {
      const body = JSON.stringify([['x'.repeat(3 * 1024 * 1024)], {}, {}]);
      await bench.broker.publish(messages(3, 'm', { body }));
      const consumer = await bench.consume();

      const first = await consumer.take(64, bench.soon());
      const rest = await bench.take(consumer, 2);

      expect(idsOf(first)).toEqual(['m0']);
      expect(idsOf(rest)).toEqual(['m1', 'm2']);
      expect(rest.map((delivery) => delivery.message.body.length)).toEqual([body.length, body.length]);
    },
  },
  {
    name: 'does not hand out what is held',
    async run(bench) {
      await bench.broker.publish([message('a')]);
      const holder = await bench.consume();
      await bench.takeOne(holder);

      await bench.expectNothing(holder);
      await bench.expectNothing(await bench.consume());
      await bench.expectNothing(await bench.consume({}, await bench.peer()));
    },
  },
  {
    name: 'hands each message to one of many consumers',
    async run(bench) {
      const peers = [bench.broker, await bench.peer()];
      const consumers = await Promise.all([...peers, ...peers].map((broker) => bench.consume({}, broker)));
      const taken: string[] = [];
      const done = bench.deadline();
      const { signal } = done;
      const takeAll = consumers.map(async (consumer) => {
        while (!signal.aborted) {
          await turn();
          const deliveries = await consumer.take(7, signal);
          taken.push(...idsOf(deliveries));
          await consumer.settle(deliveries.map(ack));
          if (taken.length >= 200) done.abort();
        }
      });

      for (let batch = 0; batch < 20; batch++) await peers[batch % 2]?.publish(messages(10, `b${batch}-`));
      await Promise.all(takeAll);
      for (const consumer of consumers) await bench.expectNothing(consumer);

      expect(taken).toHaveLength(200);
      expect(new Set(taken).size).toBe(200);
    },
  },
  {
    name: 'waits for the first message',
    async run(bench) {
      const publishLater = async (): Promise<void> => {
        await bench.expectNothing(await bench.consume({ queues: ['r'] }));
        await bench.broker.publish([message('a')]);
      };

      const [delivery] = await Promise.all([bench.takeOne(await bench.consume()), publishLater()]);

      expect(idOf(delivery)).toBe('a');
    },
  },
  {
    name: 'is woken by a message of another connection',
    async run(bench) {
      const waiting = bench.takeOne(await bench.consume());
      await (await bench.peer()).publish([message('a')]);

      expect(idOf(await waiting)).toBe('a');
    },
  },
  {
    name: 'takes nothing when the signal aborts, and loses nothing by it',
    async run(bench) {
      const consumer = await bench.consume();
      const controller = new AbortController();
      const waiting = consumer.take(1, controller.signal);
      controller.abort();

      expect(await waiting).toEqual([]);

      await bench.broker.publish([message('a')]);
      expect(await consumer.take(1, AbortSignal.abort())).toEqual([]);
      expect(idOf(await bench.takeOne(consumer))).toBe('a');
    },
  },
];

function idsOfMessages(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `m${index}`);
}
