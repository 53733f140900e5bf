import type { RedisLink } from '../../connections/index.js';
import { SEPARATOR, type RedisKeys } from './redis-keys.js';
import { fitsPattern } from './kombu-pattern.js';

/**
 * Queues that an exchange hands a message to: those bound by its very routing key, and those whose pattern, as kombu wrote it, fits it.
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
    if (queue !== '' && (pattern === '' ? key === routingKey : fitsPattern(pattern, routingKey))) queues.add(queue);
  }
  return [...queues];
}

/** Binds a queue to the exchange of its own name, as Celery's workers do. */
export function ownBinding(queue: string): string {
  return [queue, '', queue].join(SEPARATOR);
}
