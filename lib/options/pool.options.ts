import { InvalidOptionError } from '../errors/index.js';
import { checkGroup, checkInteger, checkOneOf, refuseUnknownKeys } from './checks.js';

/** How a worker runs bodies. `eventlet` and `gevent` are `async`, `processes` is `prefork`, as Celery's users call them. */
export type PoolName = 'prefork' | 'threads' | 'solo' | 'async';
export type PoolAlias = 'processes' | 'eventlet' | 'gevent';

/** Pools that one worker can have beside one another. */
export type MixablePool = Exclude<PoolName, 'solo'>;

/** Pools of one worker, with the bodies that each runs at once. */
export type PoolSizes = Readonly<Partial<Record<MixablePool | PoolAlias, number>>>;

export interface PoolsOption {
  /**
   * Several pools in one worker, each with slots of its own: `{ async: 100, threads: 2 }`. A task runs in the one that its `@Task({ pool })` names, else in the first.
   * Stands for `pool` and `concurrency`. @defaultValue none: the one of `pool`
   */
  readonly pools?: PoolSizes;
}

/** One of several pools of a worker. */
export interface PoolShare {
  readonly name: MixablePool;
  /** Bodies that it runs at once. */
  readonly size: number;
}

/** What options of a worker depend on: its pool, or where it has several the first of them. */
export interface PoolSurroundings {
  readonly pool: PoolName;
  readonly pools?: readonly PoolShare[] | undefined;
}

const ALIASES: Readonly<Record<PoolAlias, MixablePool>> = { processes: 'prefork', eventlet: 'async', gevent: 'async' };
const MIXABLE = ['async', 'prefork', 'threads', 'processes', 'eventlet', 'gevent'] as const;

/** The pool by its name or alias. @defaultValue 'prefork' */
export function resolvePool(given: string | undefined): PoolName {
  const choices = ['prefork', 'threads', 'solo', 'async', 'processes', 'eventlet', 'gevent'] as const;
  return withoutAlias(checkOneOf(given, choices, 'prefork', 'pool'));
}

/** One of the pools that a worker can have beside others, by its name or alias; `undefined` where none is named. */
export function resolveMixablePool(given: string | undefined, option: string): MixablePool | undefined {
  return given === undefined ? undefined : withoutAlias(checkOneOf(given, MIXABLE, 'async', option));
}

/**
 * Several pools, in the order given.
 * @throws {InvalidOptionError | UnknownOptionError} naming the first one that cannot be used
 */
export function resolvePools(given: PoolSizes): readonly PoolShare[] {
  const path = 'worker.pools';
  checkGroup(given, path);
  if ('solo' in given) {
    const expected = 'left out: it runs one task at a time in the process that looks after all others; use "async: 1"';
    throw new InvalidOptionError(`${path}.solo`, expected, given.solo);
  }
  refuseUnknownKeys(given, MIXABLE, path);
  const shares: PoolShare[] = [];
  for (const each of Object.keys(given) as (keyof typeof given)[]) {
    const [name, size] = [withoutAlias(each), given[each]];
    if (size === undefined) continue;
    if (shares.some((share) => share.name === name)) {
      throw new InvalidOptionError(`${path}.${each}`, `left out beside another name of the pool "${name}"`, size);
    }
    shares.push({ name, size: checkInteger(size, 1, { min: 1 }, `${path}.${each}`) });
  }
  if (shares.length > 0) return shares;
  throw new InvalidOptionError(path, 'pools with their sizes, such as { async: 100, threads: 2 }', given);
}

/** Whether bodies run in processes or threads of a pool. */
export function hasChildren({ pool, pools }: PoolSurroundings): boolean {
  return pools === undefined ? isOfChildren(pool) : pools.some(({ name }) => isOfChildren(name));
}

/** Whether bodies run on the event loop of the worker itself. */
export function runsInline({ pool, pools }: PoolSurroundings): boolean {
  return pools === undefined ? !isOfChildren(pool) : pools.some(({ name }) => !isOfChildren(name));
}

export function isOfChildren(pool: PoolName): boolean {
  return pool === 'prefork' || pool === 'threads';
}

/** How many bodies one process or thread runs at once. @defaultValue 1 */
export function resolveChildConcurrency(given: number | undefined, { pool, pools }: PoolSurroundings): number {
  const slots = checkInteger(given, 1, { min: 1 }, 'worker.childConcurrency');
  if (slots > 1 && pools !== undefined) {
    const expected =
      'left out beside "pools", where each process or thread runs one body and "async" has its own slots';
    throw new InvalidOptionError('worker.childConcurrency', expected, given);
  }
  if (slots > 1 && (pool === 'solo' || pool === 'async')) {
    throw new InvalidOptionError(
      'worker.childConcurrency',
      `left out for the pool "${pool}", which has no children; use "concurrency"`,
      given,
    );
  }
  return slots;
}

function withoutAlias<T extends PoolName>(name: T | PoolAlias): T | MixablePool {
  return name === 'processes' || name === 'eventlet' || name === 'gevent' ? ALIASES[name] : name;
}
