import { MissingPoolError } from '../errors/index.js';
import type { WorkerReport } from '../nest/index.js';
import type { PoolName, PoolShare, PoolSurroundings, ResolvedWorkerOptions } from '../options/index.js';

/** Slots that the advice of an error gives a pool that is missing. */
const ADVISED = { async: 100, threads: 2, prefork: 2 } as const;

/**
 * Tasks that ask for a pool have to find it in each worker that takes from their queue. Tasks of other queues are for other workers.
 * @throws {MissingPoolError} for the first task that would not
 */
export function checkTaskPools(
  { tasks, options }: Pick<WorkerReport, 'tasks'> & { readonly options: Pick<WorkerReport['options'], 'tasks'> },
  { queues, concurrency }: Pick<ResolvedWorkerOptions, 'queues' | 'concurrency'>,
  { pool, pools }: PoolSurroundings,
): void {
  const shares: readonly { readonly name: PoolName; readonly size: number }[] = pools ?? [
    { name: pool, size: concurrency },
  ];
  for (const { name, pool: wanted, queue = options.tasks.defaultQueue } of tasks) {
    if (wanted === undefined || !queues.includes(queue) || shares.some((share) => share.name === wanted)) continue;
    const present = shares.map((share) => share.name);
    const mixable = shares.filter((share): share is PoolShare => share.name !== 'solo');
    throw new MissingPoolError(
      name,
      queue,
      wanted,
      present,
      adviceFor([...mixable, { name: wanted, size: ADVISED[wanted] }]),
    );
  }
}

/** Pools as they are told: `async 100, threads 2`. */
export function describePools(shares: readonly PoolShare[]): string {
  return shares.map(({ name, size }) => `${name} ${size}`).join(', ');
}

function adviceFor(shares: readonly PoolShare[]): string {
  const option = shares.map(({ name, size }) => `${name}: ${size}`).join(', ');
  const flag = shares.map(({ name, size }) => `${name}=${size}`).join(',');
  return `pools: { ${option} } (--pools ${flag})`;
}
