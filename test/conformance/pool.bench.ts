import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

import type { Pool, PoolOutcome, RunOptions } from '../../lib/pools/index.js';
import type { Body } from '../integration/pools/fixtures/bodies.js';
import type { ConformanceCase } from './suite.js';

/** `kills`: ends a body that blocks; `survives`: outlives what a body does to its process; `several`: more than one at once, as many as wished; `fixed`: one at a time for good. */
export type PoolNeed = 'kills' | 'survives' | 'several' | 'fixed';

export type TestedPool = Pool<Body, unknown>;

/** What a pool is tested with. */
export interface PoolBench {
  /** A pool that runs `limit` bodies at once, each in a child of its own where it has any; stopped after the case. */
  open(limit: number): TestedPool;
  readonly abilities: readonly PoolNeed[];
  /** An empty folder. */
  readonly folder: string;
  /** How long anything may take. @unit milliseconds */
  readonly patienceMs: number;
}

export type PoolCase = ConformanceCase<PoolBench, PoolNeed>;

/** A pool that has started. */
export async function started(bench: PoolBench, limit: number): Promise<TestedPool> {
  const pool = bench.open(limit);
  await soon(bench, pool.start());
  return pool;
}

export interface BegunJob {
  readonly started: Promise<void>;
  readonly outcome: Promise<PoolOutcome<unknown>>;
  isRunning(): boolean;
}

export function begun(pool: TestedPool, body: Body, options: RunOptions = {}): BegunJob {
  let state: 'waiting' | 'running' | 'ended' = 'waiting';
  let onStarted = (): void => undefined;
  const begins = new Promise<void>((resolve) => (onStarted = resolve));
  const outcome = pool.run(body, {
    ...options,
    onStarted: () => {
      state = 'running';
      onStarted();
    },
  });
  const ended = outcome.then((result) => {
    state = 'ended';
    return result;
  });
  return { started: begins, outcome: ended, isRunning: () => state === 'running' };
}

/** A body that ends when it is let. */
export function gated(bench: PoolBench, pool: TestedPool, name: string): BegunJob & { open(): void } {
  const file = path.join(bench.folder, name);
  return { ...begun(pool, { do: 'gate', file }), open: () => writeFileSync(file, '') };
}

export function lost(what: { started: boolean; charged?: boolean; reason?: RegExp }): unknown {
  return {
    as: 'lost',
    started: what.started,
    charged: what.charged ?? expect.any(Boolean),
    reason: what.reason ? expect.stringMatching(what.reason) : expect.any(String),
  };
}

/** What takes longer than the bench has patience for is a broken promise too. */
export async function soon<T>(bench: PoolBench, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not happen within ${bench.patienceMs} ms`)), bench.patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
