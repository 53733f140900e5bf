import type { RedisLink } from '../../connections/index.js';
import { SEPARATOR, type RedisKeys } from './redis-keys.js';

/**
 * Queues that an exchange hands a message to: those bound by its very routing key, and those whose pattern fits it.
 * @source kombu/transport/redis.py `get_table`, kombu/transport/virtual/exchange.py
 */
export async function routeByBindings(
  link: RedisLink,
  keys: RedisKeys,
  exchange: string,
  routingKey: string,
): Promise<readonly string[]> {
  const members = await link.call('read the bindings', 'smembers', [keys.binding(exchange)]);
  const queues = new Set<string>();
  for (const member of members as readonly string[]) {
    const [key = '', pattern = '', queue = ''] = member.split(SEPARATOR);
    if (queue !== '' && (pattern === '' ? key === routingKey : fits(key, routingKey))) queues.add(queue);
  }
  return [...queues];
}

/** Binds a queue to the exchange of its own name, as Celery's workers do. */
export function ownBinding(queue: string): string {
  return [queue, '', queue].join(SEPARATOR);
}

/** AMQP's words: `*` is one, `#` any number of them. Word by word, as a regular expression of many `#` could take for ever. */
function fits(bindingKey: string, routingKey: string): boolean {
  const words = wordsOf(routingKey);
  let fitting = [true, ...words.map(() => false)]; // by the number of words that the pattern so far fits
  for (const part of wordsOf(bindingKey)) {
    const first = fitting.indexOf(true);
    fitting =
      part === '#'
        ? fitting.map((_, count) => first >= 0 && count >= first)
        : fitting.map((_, count) => fitting[count - 1] === true && (part === '*' || part === words[count - 1]));
  }
  return fitting[words.length] === true;
}

function wordsOf(key: string): readonly string[] {
  return key === '' ? [] : key.split('.');
}
