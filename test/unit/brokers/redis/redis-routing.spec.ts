import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RedisKeys } from '../../../../lib/brokers/redis/redis-keys.js';
import { ownBinding, routeByBindings } from '../../../../lib/brokers/redis/redis-routing.js';
import type { RedisLink } from '../../../../lib/connections/index.js';
import { commandsOf, keysOf, readVector } from '../../../fixtures/wire/vectors.js';

const SEPARATOR = '\u0006\u0016';

/** Queues that get a message, of bindings as they lie in the server. */
function route(members: readonly string[], routingKey: string): Promise<readonly string[]> {
  const link = { call: async () => members } as unknown as RedisLink;
  return routeByBindings(link, new RedisKeys(''), 'ex', routingKey);
}

/** A pattern is only looked at to tell a topic from a direct binding. */
const topic = (key: string, queue = 'q'): string => [key, '^$', queue].join(SEPARATOR);

/** AMQP's rule, word by word. @source AMQP 0-9-1, 3.1.3.3 */
function naiveMatch(pattern: readonly string[], words: readonly string[]): boolean {
  const [first, ...others] = pattern;
  if (first === undefined) return words.length === 0;
  if (first === '#') return naiveMatch(others, words) || (words.length > 0 && naiveMatch(pattern, words.slice(1)));
  return words.length > 0 && (first === '*' || first === words[0]) && naiveMatch(others, words.slice(1));
}

describe('routeByBindings', () => {
  it("matches words as AMQP's topics do", async () => {
    const word = fc.constantFrom('a', 'b', 'a.b'.slice(0, 1), 'x+y', '(');
    const pattern = fc.array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pattern, fc.array(word, { minLength: 1, maxLength: 5 }), async (key, words) => {
        const queues = await route([topic(key.join('.'))], words.join('.'));
        expect(queues, `${key.join('.')} for ${words.join('.')}`).toEqual(naiveMatch(key, words) ? ['q'] : []);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no longer for a pattern that a regular expression would be lost in', async () => {
    const pattern = Array.from({ length: 200 }, () => '#').join('.b.');

    expect(await route([topic(pattern)], Array.from({ length: 400 }, () => 'a').join('.'))).toEqual([]);
  });

  it('fits no word to a key without any', async () => {
    expect(await route([topic('#', 'q'), topic('*', 'r')], '')).toEqual(['q']);
  });

  it.each(['direct', 'topic'])('sends where kombu sent: %s', async (name) => {
    const vector = readVector('redis-broker', name);
    const bindings = keysOf(vector, 'keys').find(({ key }) => key.startsWith('_kombu.binding.'))?.value as string[];
    const sent = commandsOf(vector).filter(([command]) => command === 'LPUSH');
    const keyOf = (text = '{}') =>
      (JSON.parse(text) as { properties: { delivery_info: { routing_key: string } } }).properties.delivery_info
        .routing_key;
    // Kombu's pattern for * goes beyond a word, AMQP's does not.
    const keys = [...new Set(sent.map(([, , text]) => keyOf(text)))].filter((key) => key !== 'a.b.c');

    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      const queues = sent.filter(([, , text]) => keyOf(text) === key).map(([, queue]) => queue);
      expect(new Set(await route(bindings, key))).toEqual(new Set(queues));
    }
  });

  it('needs the very key where a binding has no pattern', async () => {
    const binding = ['a.*', '', 'q'].join(SEPARATOR);

    expect(await route([binding], 'a.*')).toEqual(['q']);
    expect(await route([binding], 'a.b')).toEqual([]);
  });

  it('names each queue once, and passes over what is no binding', async () => {
    expect(await route([topic('#'), topic('a'), 'garbage', '', `a${SEPARATOR}${SEPARATOR}`], 'a')).toEqual(['q']);
  });

  it('finds a queue by the binding that a worker writes for it', async () => {
    expect(await route([ownBinding('celery')], 'celery')).toEqual(['celery']);
  });
});
