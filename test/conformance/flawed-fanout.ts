import type { Broker, Fanout, FanoutMessage } from '../../lib/brokers/index.js';
import type { BrokerFlaw } from './flawed-brokers.js';

/** Ways in which reaching everyone can be wrong. */
export const fanoutFlaws: readonly BrokerFlaw[] = [
  {
    name: 'tells only those of its own connection',
    caughtBy: 'tells everyone who listens, of every connection, each message once',
    broker: (broker) => {
      const mine = broker.store + Math.random();
      return change(broker, {
        broadcast: (fanout) => (exchange, message) => fanout.broadcast(exchange + mine, message),
        listen: (fanout) => (exchange, pattern, listener) => fanout.listen(exchange + mine, pattern, listener),
      });
    },
  },
  {
    name: 'tells twice',
    caughtBy: 'tells everyone who listens, of every connection, each message once',
    broker: (broker) =>
      change(broker, {
        broadcast: (fanout) => async (exchange, message) => {
          await fanout.broadcast(exchange, message);
          return fanout.broadcast(exchange, message);
        },
      }),
  },
  {
    name: 'tells in another order',
    caughtBy: 'keeps the order of one sender',
    broker: (broker) => {
      let held: readonly [string, FanoutMessage] | undefined;
      return change(broker, {
        broadcast: (fanout) => async (exchange, message) => {
          if (held === undefined) return void (held = [exchange, message]);
          await fanout.broadcast(exchange, message);
          const [before, first] = held;
          held = undefined;
          return fanout.broadcast(before, first);
        },
      });
    },
  },
  {
    name: 'drops headers',
    caughtBy: 'hands over what was sent: headers, content type, and the body as text or as bytes',
    broker: (broker) =>
      change(broker, {
        broadcast: (fanout) => (exchange, message) => fanout.broadcast(exchange, { ...message, headers: {} }),
      }),
  },
  {
    name: 'takes a wildcard for any number of words',
    caughtBy: 'lets listeners choose by routing key, as a topic exchange does',
    broker: (broker) =>
      change(broker, {
        listen: (fanout) => (exchange, pattern, listener) =>
          fanout.listen(exchange, pattern.replaceAll('*', '#'), listener),
      }),
  },
  {
    name: 'listens to all exchanges',
    caughtBy: 'keeps exchanges apart, also those whose names begin alike',
    broker: (broker) =>
      change(broker, {
        broadcast: (fanout) => (_exchange, message) => fanout.broadcast('all', message),
        listen: (fanout) => (_exchange, pattern, listener) => fanout.listen('all', pattern, listener),
      }),
  },
  {
    name: 'tells on after the close',
    caughtBy: 'tells nothing of what was sent before, nor after the close, which is safe to repeat',
    broker: (broker) =>
      change(broker, {
        listen: (fanout) => async (exchange, pattern, listener) => {
          await fanout.listen(exchange, pattern, listener);
          return { close: async () => undefined };
        },
      }),
  },
  {
    name: 'listens once and never again',
    caughtBy: 'listens again after the last one has gone',
    broker: (broker) => {
      let hasListened = false;
      return change(broker, {
        listen: (fanout) => async (exchange, pattern, listener) => {
          const isFirst = !hasListened;
          hasListened = true;
          return fanout.listen(exchange, pattern, isFirst ? listener : () => undefined);
        },
      });
    },
  },
  {
    name: 'brings answers to all who wait',
    caughtBy: 'brings answers to the one who waits under that key, from any connection',
    broker: (broker) =>
      change(broker, {
        reply: (fanout) => (exchange, message) => fanout.reply(exchange, { ...message, routingKey: 'everyone' }),
        openReplies: (fanout) => (exchange, _routingKey, listener) =>
          fanout.openReplies(exchange, 'everyone', listener),
      }),
  },
  {
    name: 'keeps answers for whoever comes later',
    caughtBy: 'drops answers that nobody waits for, or does no more',
    broker: (broker) => {
      const kept: FanoutMessage[] = [];
      return change(broker, {
        reply: (fanout) => (exchange, message) => {
          kept.push(message);
          return fanout.reply(exchange, message);
        },
        openReplies: (fanout) => (exchange, routingKey, listener) => {
          for (const message of kept) listener(message);
          return fanout.openReplies(exchange, routingKey, listener);
        },
      });
    },
  },
  {
    name: 'tells answers to those who listen',
    caughtBy: 'does not tell answers to those who listen, nor messages to those who wait for answers',
    broker: (broker) =>
      change(broker, {
        reply: (fanout) => async (exchange, message) => {
          await fanout.broadcast('conformance.news', message);
          await fanout.reply(exchange, message);
        },
      }),
  },
];

type Changes = { readonly [Name in keyof Fanout]?: (fanout: Fanout) => Fanout[Name] };

function change(broker: Broker, changes: Changes): Partial<Broker> {
  const { fanout } = broker;
  if (fanout === undefined) return {};
  return {
    fanout: {
      broadcast: changes.broadcast?.(fanout) ?? ((exchange, message) => fanout.broadcast(exchange, message)),
      listen: changes.listen?.(fanout) ?? ((exchange, pattern, listener) => fanout.listen(exchange, pattern, listener)),
      openReplies:
        changes.openReplies?.(fanout) ?? ((exchange, key, listener) => fanout.openReplies(exchange, key, listener)),
      reply: changes.reply?.(fanout) ?? ((exchange, message) => fanout.reply(exchange, message)),
    },
  };
}
