import type { PoolOutcome } from './pool.interface.js';

/** Of a job that never began. */
export function unstarted(reason: string): PoolOutcome<never> {
  return { as: 'lost', started: false, charged: false, reason };
}
