import { InvalidOptionError } from '../errors/index.js';
import { checkInteger, checkOneOf } from './checks.js';

/** How a worker runs bodies. `eventlet` and `gevent` are `async`, `processes` is `prefork`, as Celery's users call them. */
export type PoolName = 'prefork' | 'threads' | 'solo' | 'async';
export type PoolAlias = 'processes' | 'eventlet' | 'gevent';

/** The pool by its name or alias. @defaultValue 'prefork' */
export function resolvePool(given: string | undefined): PoolName {
  const aliases: Readonly<Record<PoolAlias, PoolName>> = { processes: 'prefork', eventlet: 'async', gevent: 'async' };
  const choices = ['prefork', 'threads', 'solo', 'async', 'processes', 'eventlet', 'gevent'] as const;
  const choice = checkOneOf(given, choices, 'prefork', 'pool');
  return choice === 'processes' || choice === 'eventlet' || choice === 'gevent' ? aliases[choice] : choice;
}

/** How many bodies one process or thread runs at once. @defaultValue 1 */
export function resolveChildConcurrency(given: number | undefined, pool: PoolName): number {
  const slots = checkInteger(given, 1, { min: 1 }, 'worker.childConcurrency');
  if (slots > 1 && (pool === 'solo' || pool === 'async')) {
    throw new InvalidOptionError(
      'worker.childConcurrency',
      `left out for the pool "${pool}", which has no children; use "concurrency"`,
      given,
    );
  }
  return slots;
}
