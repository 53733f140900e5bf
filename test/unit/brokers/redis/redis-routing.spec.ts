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

const WILDCARDS = {
  'kombu since 5.3': { '*': String.raw`[^\.]+`, '#': '.*?' },
  'kombu before 5.3': { '*': String.raw`.*?[^\.]`, '#': '.*?' },
} as const;
type Kombu = keyof typeof WILDCARDS;

/** @source kombu/transport/virtual/exchange.py `TopicExchange.key_to_pattern` */
function patternOf(key: string, kombu: Kombu = 'kombu since 5.3'): string {
  const wildcards: Readonly<Record<string, string>> = WILDCARDS[kombu];
  const escaped = key.replace(/[^\w.#*]/g, String.raw`\$&`);
  return `^${escaped
    .split('.')
    .map((word) => wildcards[word] ?? word)
    .join(String.raw`\.`)}$`;
}

const topic = (key: string, queue = 'q', kombu?: Kombu): string => [key, patternOf(key, kombu), queue].join(SEPARATOR);

describe('routeByBindings', () => {
  it.each(Object.keys(WILDCARDS) as Kombu[])('fits the patterns of topics as %s does', async (kombu) => {
    const word = fc.constantFrom('a', 'b', 'ab', 'x+y', '(', 'é', '\u{1f600}', '');
    const key = fc.array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(key, fc.array(word, { minLength: 1, maxLength: 5 }), async (words, routed) => {
        const [binding, routingKey] = [words.join('.'), routed.join('.')];
        const fits = new RegExp(patternOf(binding, kombu)).test(routingKey);
        expect(await route([topic(binding, 'q', kombu)], routingKey), `${binding} for ${routingKey}`).toEqual(
          fits ? ['q'] : [],
        );
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

  it.each(['(a+)+', '^(a+)+$', '^a*$', '^[ab]$', '^a|b$', '^a'])(
    'sends nothing by a pattern that kombu does not write: %s',
    async (pattern) => {
      expect(await route([['a', pattern, 'q'].join(SEPARATOR)], 'a')).toEqual([]);
    },
  );

  it.each(['direct', 'topic'])('sends where kombu sent: %s', async (name) => {
    const vector = readVector('redis-broker', name);
    const bindings = keysOf(vector, 'keys').find(({ key }) => key.startsWith('_kombu.binding.'))?.value as string[];
    const sent = commandsOf(vector).filter(([command]) => command === 'LPUSH');
    const keyOf = (text = '{}') =>
      (JSON.parse(text) as { properties: { delivery_info: { routing_key: string } } }).properties.delivery_info
        .routing_key;
    const keys = [...new Set(sent.map(([, , text]) => keyOf(text)))];

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
