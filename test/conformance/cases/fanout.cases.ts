import { expect } from 'vitest';
import type { Broker, Fanout, FanoutMessage, FanoutSubscription } from '../../../lib/brokers/index.js';
import type { BrokerBench, BrokerCase } from '../broker.bench.js';

const NEWS = 'conformance.news';
const ANSWERS = 'reply.conformance.pidbox';

export const fanoutCases: readonly BrokerCase[] = [
  {
    name: 'tells everyone who listens, of every connection, each message once',
    needs: ['fanout'],
    async run(bench) {
      const ears = [await hear(bench, bench.broker), await hear(bench, bench.broker), await hear(bench)];

      await fanoutOf(bench.broker).broadcast(NEWS, note('a'));
      await fanoutOf(await bench.peer()).broadcast(NEWS, note('b'));
      await fanoutOf(bench.broker).broadcast(NEWS, note('end'));

      for (const ear of ears) expect((await ear.until('end')).sort()).toEqual(['a', 'b', 'end']);
    },
  },
  {
    name: 'keeps the order of one sender',
    needs: ['fanout'],
    async run(bench) {
      const ear = await hear(bench);
      const names = Array.from({ length: 500 }, (_, index) => `n${index}`);

      await Promise.all(names.map((name) => fanoutOf(bench.broker).broadcast(NEWS, note(name))));

      expect(await ear.until('n499')).toEqual(names);
    },
  },
  {
    name: 'hands over what was sent: headers, content type, and the body as text or as bytes',
    needs: ['fanout'],
    async run(bench) {
      const ear = await hear(bench);
      const headers = { clock: 7, expires: 1_795_387_589.25, ticket: null, ü: ['é', { deep: true }] };
      const text: FanoutMessage = { ...note('{"ö": 1}'), routingKey: 'some.key', headers };
      const bytes: FanoutMessage = {
        routingKey: '',
        headers: {},
        contentType: 'application/x-python-serialize',
        contentEncoding: 'binary',
        body: new Uint8Array([0, 255, 128, 10]),
      };

      await fanoutOf(bench.broker).broadcast(NEWS, text);
      await fanoutOf(bench.broker).broadcast(NEWS, bytes);
      await fanoutOf(bench.broker).broadcast(NEWS, note('end'));
      await ear.until('end');

      expect(ear.heard[0]).toEqual(text);
      expect({ ...ear.heard[1], body: Buffer.from(ear.heard[1]?.body ?? '') }).toEqual({
        ...bytes,
        body: Buffer.from(bytes.body),
      });
    },
  },
  {
    name: 'lets listeners choose by routing key, as a topic exchange does',
    needs: ['fanout'],
    async run(bench) {
      const peer = await bench.peer();
      const patterns = ['#', 'task.#', 'task.*', '*.sent', 'task.sent', '', 'w[a-z]rker.#', 'task.#.end'];
      const ears = await Promise.all(patterns.map((pattern) => hear(bench, peer, pattern)));

      const keys = ['task.sent', 'task.sent.twice', 'worker.online', 'task', '', 'w[a-z]rker.x', 'task.end'];
      for (const routingKey of keys) await fanoutOf(bench.broker).broadcast(NEWS, { ...note(routingKey), routingKey });
      await ears[0]?.until('task.end');

      const heard = Object.fromEntries(patterns.map((pattern, index) => [pattern, ears[index]?.names]));
      expect(heard).toEqual({
        '#': keys,
        'task.#': ['task.sent', 'task.sent.twice', 'task', 'task.end'],
        'task.*': ['task.sent', 'task.end'],
        '*.sent': ['task.sent'],
        'task.sent': ['task.sent'],
        '': [''],
        'w[a-z]rker.#': ['w[a-z]rker.x'],
        'task.#.end': ['task.end'],
      });
    },
  },
  {
    name: 'keeps exchanges apart, also those whose names begin alike',
    needs: ['fanout'],
    async run(bench) {
      const [ear, other] = [await hear(bench), await hear(bench, bench.broker, '#', `${NEWS}.more`)];

      await fanoutOf(bench.broker).broadcast(`${NEWS}.more`, note('other'));
      await fanoutOf(bench.broker).broadcast(NEWS, note('one'));

      expect(await other.until('other')).toEqual(['other']);
      expect(await ear.until('one')).toEqual(['one']);
    },
  },
  {
    name: 'tells nothing of what was sent before, nor after the close, which is safe to repeat',
    needs: ['fanout'],
    async run(bench) {
      const witness = await hear(bench, bench.broker);
      await fanoutOf(bench.broker).broadcast(NEWS, note('before'));
      await witness.until('before');
      const closed = await hear(bench, bench.broker);
      await fanoutOf(bench.broker).broadcast(NEWS, note('meanwhile'));
      await closed.until('meanwhile');

      await closed.close();
      await closed.close();
      await fanoutOf(bench.broker).broadcast(NEWS, note('after'));

      expect(await witness.until('after')).toEqual(['before', 'meanwhile', 'after']);
      expect(closed.names).toEqual(['meanwhile']);
    },
  },
  {
    name: 'listens again after the last one has gone',
    needs: ['fanout'],
    async run(bench) {
      for (const name of ['first', 'second']) {
        const ear = await hear(bench, bench.broker);
        await fanoutOf(bench.broker).broadcast(NEWS, note(name));
        expect(await ear.until(name)).toEqual([name]);
        await ear.close();
      }
    },
  },
  {
    name: 'tells all the others when one listener fails',
    needs: ['fanout'],
    async run(bench) {
      const failing = await fanoutOf(bench.broker).listen(NEWS, '#', () => {
        throw new Error('as this listener does');
      });
      const ear = await hear(bench, bench.broker);

      await fanoutOf(bench.broker).broadcast(NEWS, note('one'));
      await fanoutOf(bench.broker).broadcast(NEWS, note('two'));

      expect(await ear.until('two')).toEqual(['one', 'two']);
      await failing.close();
    },
  },
  {
    name: 'brings answers to the one who waits under that key, from any connection',
    needs: ['fanout'],
    async run(bench) {
      const peer = await bench.peer();
      const [mine, theirs] = [await answers(bench, 'me'), await answers(bench, 'them')];

      const names = Array.from({ length: 50 }, (_, index) => `a${index}`);
      await Promise.all(names.map((name) => fanoutOf(peer).reply(ANSWERS, { ...note(name), routingKey: 'me' })));
      await fanoutOf(peer).reply(ANSWERS, { ...note('end'), routingKey: 'them', headers: { ticket: 't' } });

      expect(await theirs.until('end')).toEqual(['end']);
      expect(theirs.heard[0]?.headers).toEqual({ ticket: 't' });
      expect(await mine.until('a49')).toEqual(names);
    },
  },
  {
    name: 'drops answers that nobody waits for, or does no more',
    needs: ['fanout'],
    async run(bench) {
      await fanoutOf(bench.broker).reply(ANSWERS, { ...note('too early'), routingKey: 'me' });
      await (await answers(bench, 'me')).close();
      await fanoutOf(bench.broker).reply(ANSWERS, { ...note('too late'), routingKey: 'me' });

      const place = await answers(bench, 'me');
      await fanoutOf(bench.broker).reply(ANSWERS, { ...note('in time'), routingKey: 'me' });

      expect(await place.until('in time')).toEqual(['in time']);
    },
  },
  {
    name: 'does not tell answers to those who listen, nor messages to those who wait for answers',
    needs: ['fanout'],
    async run(bench) {
      const [ear, place] = [await hear(bench, bench.broker), await answers(bench, 'me')];

      await fanoutOf(bench.broker).reply(ANSWERS, { ...note('answer'), routingKey: 'me' });
      await fanoutOf(bench.broker).broadcast(NEWS, { ...note('news'), routingKey: 'me' });

      expect(await place.until('answer')).toEqual(['answer']);
      expect(await ear.until('news')).toEqual(['news']);
    },
  },
];

function fanoutOf(broker: Broker): Fanout {
  if (broker.fanout === undefined) throw new Error('The case needs "fanout".');
  return broker.fanout;
}

/** A message whose body is its name. */
function note(name: string): FanoutMessage {
  return { routingKey: '', headers: {}, contentType: 'application/json', contentEncoding: 'utf-8', body: name };
}

interface Ear {
  readonly heard: readonly FanoutMessage[];
  readonly names: readonly string[];
  /** All names, once that one was heard. */
  until(name: string): Promise<string[]>;
  close(): Promise<void>;
}

/** @param broker a connection of its own by default */
async function hear(bench: BrokerBench, broker?: Broker, pattern = '#', exchange = NEWS): Promise<Ear> {
  const fanout = fanoutOf(broker ?? (await bench.peer()));
  return collect(bench, (listener) => fanout.listen(exchange, pattern, listener));
}

function answers(bench: BrokerBench, routingKey: string): Promise<Ear> {
  return collect(bench, (listener) => fanoutOf(bench.broker).openReplies(ANSWERS, routingKey, listener));
}

async function collect(
  bench: BrokerBench,
  open: (listener: (message: FanoutMessage) => void) => Promise<FanoutSubscription>,
): Promise<Ear> {
  const heard: FanoutMessage[] = [];
  const namesOf = (): string[] => heard.map(({ body }) => String(body));
  let changed: (() => void) | undefined;
  const subscription = await open((message) => {
    heard.push(message);
    changed?.();
  });
  return {
    heard,
    get names() {
      return namesOf();
    },
    async until(name) {
      const signal = bench.soon();
      while (!namesOf().includes(name)) {
        if (signal.aborted)
          throw new Error(`Heard ${namesOf().join(', ') || 'nothing'} within ${bench.patienceMs} ms.`);
        await new Promise<void>((resolve) => {
          changed = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      return namesOf();
    },
    close: () => subscription.close(),
  };
}
