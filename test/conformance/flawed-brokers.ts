import type { Broker, Consumer, Delivery, QueueInspection } from '../../lib/brokers/index.js';
import { fanoutFlaws } from './flawed-fanout.js';

/** A way in which a broker can be wrong, as a change of a right one. */
export interface BrokerFlaw {
  readonly name: string;
  /** The case that is about it. */
  readonly caughtBy: string;
  broker?(broker: Broker): Partial<Broker>;
  consumer?(consumer: Consumer, broker: Broker): Partial<Consumer>;
}

/** Wraps a right broker into one with that flaw. */
export function withFlaw(broker: Broker, flaw: BrokerFlaw): Broker {
  const changed = overlay(broker, flaw.broker?.(broker) ?? {});
  return overlay(changed, {
    consume: async (options) => {
      const consumer = await broker.consume(options);
      return overlay(consumer, flaw.consumer?.(consumer, broker) ?? {});
    },
  });
}

/** The object itself, behind the consumer that a flaw has changed. */
export function unflawed(consumer: Consumer): Consumer {
  return originals.get(consumer) ?? consumer;
}

const originals = new WeakMap<object, Consumer>();
const connections = new WeakMap<Broker, number>();
let opened = 0;

function connectionOf(broker: Broker): number {
  const number = connections.get(broker) ?? opened++;
  connections.set(broker, number);
  return number;
}

function overlay<T extends object>(target: T, changes: Partial<T>): T {
  const proxy = new Proxy(target, {
    get(object, key) {
      if (key in changes) return changes[key as keyof T];
      const value: unknown = Reflect.get(object, key, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
  originals.set(proxy, target as unknown as Consumer);
  return proxy;
}

function allOf(queues: QueueInspection): QueueInspection {
  return {
    size: (queue) => queues.size(queue),
    purge: (queue) => queues.purge(queue),
    stats: (queue) => queues.stats(queue),
    parked: (queue, limit) => queues.parked(queue, limit),
    pause: (queue) => queues.pause(queue),
    resume: (queue) => queues.resume(queue),
    paused: () => queues.paused(),
  };
}

/** Each must be caught by its case. */
export const brokerFlaws: readonly BrokerFlaw[] = [
  ...fanoutFlaws,
  {
    name: 'loses an ack',
    caughtBy: 'forgets what was acked',
    consumer: (consumer) => ({
      settle: (batch) => consumer.settle(batch.filter((each) => each.as !== 'ack')),
    }),
  },
  {
    name: 'settles only the first of a batch',
    caughtBy: 'settles a batch of different kinds',
    consumer: (consumer) => ({ settle: (batch) => consumer.settle(batch.slice(0, 1)) }),
  },
  {
    name: 'ignores max',
    caughtBy: 'takes no more than asked for',
    consumer: (consumer) => ({ take: (_max, signal) => consumer.take(64, signal) }),
  },
  {
    name: 'hands out without a bound',
    caughtBy: 'takes no more than 64 at once, and loses none of the rest',
    consumer: (consumer) => ({
      take: async (max, signal) => {
        const taken = [...(await consumer.take(max, signal))];
        while (taken.length > 0 && taken.length < max) {
          const more = await consumer.take(max - taken.length, AbortSignal.timeout(5));
          if (more.length === 0) break;
          taken.push(...more);
        }
        return taken;
      },
    }),
  },
  {
    name: 'delivers twice',
    caughtBy: 'hands each message to one of many consumers',
    consumer: (consumer) => ({
      take: async (max, signal) => {
        const taken = await consumer.take(max, signal);
        return taken.length > 0 && taken.length < max ? [...taken, ...taken].slice(0, max) : taken;
      },
    }),
  },
  {
    name: 'takes in the wrong order',
    caughtBy: 'delivers in the order of publishing',
    consumer: (consumer) => ({ take: async (max, signal) => (await consumer.take(max, signal)).toReversed() }),
  },
  {
    name: 'ignores priority',
    caughtBy: 'serves the lowest wire priority first, and each in order',
    broker: (broker) => ({ publish: (messages) => broker.publish(messages.map((each) => ({ ...each, priority: 0 }))) }),
  },
  {
    name: 'does not wait',
    caughtBy: 'waits for the first message',
    consumer: (consumer) => ({ take: (max) => consumer.take(max, AbortSignal.timeout(1)) }),
  },
  {
    name: 'waits on when told to stop',
    caughtBy: 'takes nothing when the signal aborts, and loses nothing by it',
    consumer: (consumer) => ({ take: (max) => consumer.take(max, AbortSignal.timeout(400)) }),
  },
  {
    name: 'drops what an aborted take would have got',
    caughtBy: 'takes nothing when the signal aborts, and loses nothing by it',
    consumer: (consumer) => ({
      take: async (max, signal) => {
        const taken = await consumer.take(max, signal);
        if (!signal.aborted) return taken;
        const [dropped] = await consumer.take(1, AbortSignal.timeout(30));
        if (dropped) await consumer.settle([{ delivery: dropped, as: 'ack' }]);
        return [];
      },
    }),
  },
  {
    name: 'settles what is not held',
    caughtBy: 'does nothing for what was settled before, and says so',
    consumer: (consumer) => ({ settle: async (batch) => (await consumer.settle(batch), []) }),
  },
  {
    name: 'publishes successors of what is not held',
    caughtBy: 'refuses a settlement by a consumer that does not hold the delivery',
    consumer: (consumer, broker) => ({
      settle: async (batch) => {
        const lost = await consumer.settle(batch);
        for (const each of batch) if (lost.includes(each.delivery)) await broker.publish(each.successors ?? []);
        return lost;
      },
    }),
  },
  {
    name: 'forgets successors',
    caughtBy: 'publishes the successors of what it settles, in their order',
    consumer: (consumer) => ({
      settle: (batch) => consumer.settle(batch.map((each) => ({ ...each, successors: [] }))),
    }),
  },
  {
    name: 'forgets results in settle',
    caughtBy: 'stores the results of what it settles in the same step',
    consumer: (consumer) => ({ settle: (batch) => consumer.settle(batch.map((each) => ({ ...each, results: [] }))) }),
  },
  {
    name: 'hands out what is parked too early',
    caughtBy: 'parks what is published with an eta, the earliest due first',
    broker: (broker) => ({
      publish: (messages) => broker.publish(messages.map((each) => ({ ...each, etaMs: undefined }))),
    }),
  },
  {
    name: 'promotes early',
    caughtBy: 'hands out a parked message when it is due and not before, as if never taken',
    consumer: (consumer) => ({
      settle: (batch) => consumer.settle(batch.map((each) => (each.as === 'park' ? { ...each, untilMs: 0 } : each))),
    }),
  },
  {
    name: 'never promotes',
    caughtBy: 'hands out a parked message when it is due and not before, as if never taken',
    consumer: (consumer) => ({
      settle: (batch) => consumer.settle(batch.map((each) => (each.as === 'park' ? { ...each, untilMs: 1e14 } : each))),
    }),
  },
  {
    name: 'loses what is held on close',
    caughtBy: 'gives back what a closing consumer holds, as if never taken',
    consumer: (consumer) => {
      const held: Delivery[] = [];
      return {
        take: async (max, signal) => {
          const taken = await consumer.take(max, signal);
          held.push(...taken);
          return taken;
        },
        close: async () => {
          await consumer.settle(held.map((delivery) => ({ delivery, as: 'ack' })));
          await consumer.close();
        },
      };
    },
  },
  {
    name: 'marks what is released as redelivered',
    caughtBy: 'releases as if never taken',
    consumer: (consumer) => ({
      settle: (batch) =>
        consumer.settle(
          batch.map((each) => (each.as === 'release' ? { ...each, as: 'requeue', charge: false } : each)),
        ),
    }),
  },
  {
    name: 'does not count losses',
    caughtBy: 'counts a loss for a requeue that charges',
    consumer: (consumer) => ({
      settle: (batch) =>
        consumer.settle(batch.map((each) => (each.as === 'requeue' ? { ...each, charge: false } : each))),
    }),
  },
  {
    name: 'puts a requeued message to the end',
    caughtBy: 'puts a requeued message back to its place',
    consumer: (consumer, broker) => ({
      settle: async (batch) => {
        const lost = await consumer.settle(
          batch.map((each) => (each.as === 'requeue' ? { delivery: each.delivery, as: 'ack' } : each)),
        );
        for (const each of batch) {
          if (each.as !== 'requeue' || lost.includes(each.delivery)) continue;
          const { headers, body, contentType, contentEncoding } = each.delivery.message;
          const id = String(headers['id']);
          await broker.publish([
            {
              id,
              task: '',
              headers: JSON.stringify(headers),
              body,
              contentType,
              contentEncoding,
              correlationId: id,
              replyTo: '',
              deliveryMode: 2,
              priority: 0,
              expiration: undefined,
              etaMs: undefined,
              queue: each.delivery.queue,
              exchange: '',
              routingKey: each.delivery.queue,
            },
          ]);
        }
        return lost;
      },
    }),
  },
  {
    name: 'does not mark what has started',
    caughtBy: 'charges from the second loss on only what had started',
    consumer: () => ({ markStarted: async () => undefined }),
  },
  {
    name: 'does not tell what is lost',
    caughtBy: 'refuses a late settlement of a delivery that was taken again',
    consumer: () => ({ findLost: async () => [] }),
  },
  {
    name: 'drops dead letters',
    caughtBy: 'keeps a dead letter with its reason, and hands it out no more',
    consumer: (consumer) => ({
      settle: (batch) =>
        consumer.settle(batch.map((each) => (each.as === 'dead' ? { delivery: each.delivery, as: 'ack' } : each))),
    }),
  },
  {
    name: 'mixes up the queues',
    caughtBy: 'serves only the queues asked for',
    broker: (broker) => ({ publish: (messages) => broker.publish(messages.map((each) => ({ ...each, queue: 'q' }))) }),
  },
  {
    name: 'lets every scheduler send a tick',
    caughtBy: 'lets one of many schedulers send a tick',
    broker: (broker) => ({
      ticks: { publishTick: async (_entry, _dueMs, message) => (await broker.publish([message]), true) },
    }),
  },
  {
    name: 'takes from the same queues for good',
    caughtBy: 'takes from a queue that is added while it waits',
    consumer: () => ({ setQueues: async () => undefined }),
  },
  {
    name: 'gives away what it holds of a queue that is removed',
    caughtBy: 'takes no more from a queue that is removed, keeps what it holds of it, and leaves the rest to others',
    consumer: (consumer) => {
      const held: Delivery[] = [];
      return {
        take: async (max, signal) => {
          const taken = await consumer.take(max, signal);
          held.push(...taken);
          return taken;
        },
        setQueues: async (queues) => {
          await consumer.settle(held.map((delivery) => ({ delivery, as: 'release' })));
          await consumer.setQueues(queues);
        },
      };
    },
  },
  {
    name: 'tells only new revocations',
    caughtBy: 'tells a follower the revocations in force and each new one, of every connection',
    broker: (broker) => ({
      revocations: {
        revoke: async (ids, ttlMs, running) => broker.revocations?.revoke(ids, ttlMs, running),
        follow: async (listener) => {
          let isOpen = false;
          const followed = await broker.revocations?.follow((ids, running) => isOpen && listener(ids, running));
          isOpen = true;
          return { close: async () => followed?.close() };
        },
      },
    }),
  },
  {
    name: 'tells at once what becomes of running tasks, and then forgets it',
    caughtBy: 'tells what a revocation asks of tasks that run, also those who follow later',
    broker: (broker) => ({
      revocations: {
        revoke: async (ids, ttlMs, running) => broker.revocations?.revoke(ids, ttlMs, running),
        follow: async (listener) => {
          let isOpen = false;
          const followed = await broker.revocations?.follow((ids, order) => listener(ids, isOpen ? order : undefined));
          isOpen = true;
          return { close: async () => followed?.close() };
        },
      },
    }),
  },
  {
    name: 'counts rates for each connection apart',
    caughtBy: 'lets nobody pass those who wait, and each begin at its turn',
    broker: (broker) => ({
      rateLimits: {
        admit: async (bucket, ids, intervalMs) =>
          (await broker.rateLimits?.admit(`${bucket} ${connectionOf(broker)}`, ids, intervalMs)) ?? [],
      },
    }),
  },
  {
    name: 'lets everyone through at once',
    caughtBy: 'gives each message a token of its own, as far apart as the interval, whoever asks',
    broker: () => ({
      rateLimits: { admit: async (_, ids) => ids.map(() => ({ as: 'run', inMs: 0 })) },
    }),
  },
  {
    name: 'counts wrongly what it purges',
    caughtBy: 'purges what waits and is parked, in that queue alone',
    broker: (broker) => ({
      queues: broker.queues && {
        ...allOf(broker.queues),
        purge: async (queue) => (await broker.queues!.purge(queue)) + 1,
      },
    }),
  },
  {
    name: 'does not tell how long messages wait',
    caughtBy: 'tells for how long the oldest has waited, where messages say when they were sent',
    broker: (broker) => ({
      queues: broker.queues && {
        ...allOf(broker.queues),
        stats: async (queue) => ({ ...(await broker.queues!.stats(queue)), oldestAgeMs: undefined }),
      },
    }),
  },
  {
    name: 'hands out of a paused queue',
    caughtBy: 'hands out nothing of a paused queue, and goes on when it is resumed',
    broker: (broker) => ({
      queues: broker.queues && { ...allOf(broker.queues), pause: async () => undefined },
    }),
  },
  {
    name: 'stays paused',
    caughtBy: 'hands out nothing of a paused queue, and goes on when it is resumed',
    broker: (broker) => ({
      queues: broker.queues && { ...allOf(broker.queues), resume: async () => undefined },
    }),
  },
  {
    name: 'pauses for as long as it is connected',
    caughtBy: 'tells every connection which queues are paused, and remembers it',
    broker: (broker) => {
      const paused = new Set<string>();
      return {
        queues: broker.queues && {
          ...allOf(broker.queues),
          pause: async (queue) => void paused.add(queue),
          paused: async () => [...paused],
        },
      };
    },
  },
];
