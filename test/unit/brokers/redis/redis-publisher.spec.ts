import { describe, expect, it } from 'vitest';
import { RedisKeys } from '../../../../lib/brokers/redis/redis-keys.js';
import { RedisPublisher } from '../../../../lib/brokers/redis/redis-publisher.js';
import type { RedisLink } from '../../../../lib/connections/index.js';
import { BrokerUnavailableError, ConnectionLostError, RedisCommandError } from '../../../../lib/errors/index.js';
import { VirtualClock } from '../../../../lib/time/index.js';
import { message, messages } from '../../../conformance/broker.bench.js';

interface Call {
  readonly lane: string;
  readonly number: number;
  readonly lists: readonly { readonly key: string; readonly step: number; readonly texts: readonly string[] }[];
}

/** A connection that answers when it is told to. */
function setup({ outageTimeoutMs = 30_000 } = {}) {
  const calls: Call[] = [];
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const waits: number[] = [];
  const link = {
    store: 'redis://h:6379/0',
    run: (_script: unknown, [lane = '', _steps, ...lists]: readonly string[], args: readonly (string | number)[]) => {
      calls.push({ lane, number: Number(args[0]), lists: readLists(lists, args.slice(2)) });
      return new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
    },
    ready: async (withinMs: number) => void waits.push(withinMs),
    call: async () => [],
  };
  const clock = new VirtualClock();
  const publisher = new RedisPublisher(
    link as unknown as RedisLink,
    new RedisKeys('p:'),
    [0, 3, 6, 9],
    outageTimeoutMs,
    clock,
  );
  const answer = async (at: number, error?: Error) => {
    if (error === undefined) answers[at]?.resolve();
    else answers[at]?.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { publisher, calls, answer, waits, clock };
}

function readLists(keys: readonly string[], args: readonly (string | number)[]): Call['lists'] {
  const rest = [...args];
  return keys.map((key) => {
    const [step, count] = rest.splice(0, 2).map(Number) as [number, number];
    return { key, step, texts: rest.splice(0, count).map(String) };
  });
}

const lost = () => new ConnectionLostError('redis://h:6379/0');
const idOf = (text: string) => (JSON.parse(text) as { headers: { id: string } }).headers.id;

describe('RedisPublisher', () => {
  it('sends what goes to several lists in one call, in order for each', async () => {
    const { publisher, calls, answer } = setup();
    const sending = publisher.publish([
      message('a'),
      message('b', { queue: 'r' }),
      message('c', { priority: 4 }),
      message('d'),
    ]);
    await answer(0);
    await sending;

    expect(calls).toHaveLength(1);
    expect(calls[0]?.lists.map(({ key, step, texts }) => [key, step, texts.map(idOf)])).toEqual([
      ['p:q', 0, ['a', 'd']],
      ['p:r', 0, ['b']],
      ['p:q\u0006\u00163', 3, ['c']],
    ]);
  });

  it('gives each copy a delivery tag of its own', () => {
    const { publisher } = setup();
    const tags = ['q', 'r'].map((queue) => {
      const { text } = publisher.place({ queue, message: message('a') });
      return (JSON.parse(text) as { properties: { delivery_tag: string } }).properties.delivery_tag;
    });

    expect(new Set(tags).size).toBe(2);
  });

  it('counts in a lane of its own for each batch in flight, and uses a lane again once it is free', async () => {
    const { publisher, calls, answer } = setup();
    const first = publisher.publish([message('a')]);
    const second = publisher.publish([message('b')]);
    await answer(1);
    await second;
    const third = publisher.publish([message('c')]);
    await answer(0);
    await answer(2);
    await Promise.all([first, third]);

    const [a, b, c] = calls;
    expect(a?.lane).not.toBe(b?.lane);
    expect([c?.lane, c?.number]).toEqual([b?.lane, 2]);
    expect([a?.number, b?.number]).toEqual([1, 1]);
  });

  it('sends again under the same number, letter for letter, when the reply was lost', async () => {
    const { publisher, calls, answer, waits } = setup();
    const sending = publisher.publish([message('a')]);
    await answer(0, lost());
    await answer(1, lost());
    await answer(2);
    await sending;

    expect(calls).toHaveLength(3);
    expect(calls[1]).toEqual(calls[0]);
    expect(calls[2]).toEqual(calls[0]);
    expect(waits).toEqual([30_000, 30_000]);
  });

  it('never uses a number twice for two batches, also where one failed', async () => {
    const { publisher, calls, answer } = setup();
    const refused = publisher.publish([message('a')]).catch((error: unknown) => error);
    await answer(0, new RedisCommandError('redis://h:6379/0', 'publish', 'OOM'));
    expect(await refused).toBeInstanceOf(RedisCommandError);
    const sending = publisher.publish([message('b')]);
    await answer(1);
    await sending;

    expect(calls.map(({ number }) => number)).toEqual([1, 2]);
  });

  it('says after outageTimeout that it does not know', async () => {
    const { publisher, answer, clock } = setup({ outageTimeoutMs: 1_000 });
    const sending = publisher.publish([message('a')]).catch((error: unknown) => error);
    await clock.advance(1_001);
    await answer(0, lost());

    const error = await sending;
    expect(error).toBeInstanceOf(BrokerUnavailableError);
    expect(String(error)).toContain('they may have been sent or not');
  });

  it('cuts what is many or large into calls of a bounded size, and loses nothing between them', async () => {
    const { publisher, calls, answer } = setup();
    const many = [
      ...messages(1_100),
      message('large', { body: 'x'.repeat(2_000_000), queue: 'r' }),
      message('z', { queue: 'r' }),
    ];
    const sending = publisher.publish(many);
    for (let at = 0; at < 10; at += 1) await answer(at);
    await sending;

    expect(calls.length).toBeGreaterThan(3);
    expect(
      Math.max(...calls.map(({ lists }) => lists.reduce((sum, { texts }) => sum + texts.length, 0))),
    ).toBeLessThanOrEqual(500);
    const sent = calls.flatMap(({ lists }) => lists.flatMap(({ texts }) => texts.map(idOf)));
    expect(sent).toEqual(many.map(({ id }) => id));
  });

  it('keeps the order of a batch that takes several calls when one of them is cut off', async () => {
    const { publisher, calls, answer } = setup();
    const sending = publisher.publish(messages(1_100));
    await answer(0, lost());
    for (let at = 1; at < 5; at += 1) await answer(at);
    await sending;

    const firsts = calls.map(({ lists }) => idOf(lists[0]?.texts[0] ?? '{}'));
    expect(firsts).toEqual(['m0', 'm0', 'm500', 'm1000']);
  });
});
