import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';

import {
  ChildPool,
  ProcessLauncher,
  ThreadLauncher,
  type ChildExit,
  type ChildPoolOptions,
  type PoolOutcome,
  type RunOptions,
} from '../../../lib/pools/index.js';
import { systemClock } from '../../../lib/time/index.js';
import type { Body } from './fixtures/bodies.js';
import type { ChildWish } from './fixtures/child.entry.js';
import { compileFixture, type Program } from './fixtures/compile.js';

export type Kind = 'prefork' | 'threads';
export const kinds: readonly Kind[] = ['prefork', 'threads'];

type Settings = Partial<Omit<ChildPoolOptions<Body, unknown>, 'data'>> & { readonly data?: ChildWish };

export interface OpenPool {
  readonly pool: ChildPool<Body, unknown>;
  /** Ends of children so far. */
  readonly exits: readonly ChildExit[];
  /** Resolves with the first end, so far or to come, that the condition fits. */
  exit(condition: (exit: ChildExit) => boolean): Promise<ChildExit>;
  /** Starts a job and waits until its body begins. */
  begin(body: Body, options?: RunOptions): Promise<BegunJob>;
}

export interface BegunJob {
  readonly pid: number;
  readonly outcome: Promise<PoolOutcome<unknown>>;
}

/** Pools of children that run a fixture; all are killed by `close`. */
class PoolShop {
  readonly #pools: ChildPool<Body, unknown>[] = [];

  constructor(private readonly program: () => Program) {}

  /** What its children run. */
  get file(): string {
    return this.program().file;
  }

  /** A new empty folder. */
  folder(): string {
    return mkdtempSync(path.join(this.program().folder, 'case-'));
  }

  open(kind: Kind, settings: Settings = {}): OpenPool {
    const exits: ChildExit[] = [];
    const watchers = new Set<(exit: ChildExit) => void>();
    const shared = { entry: this.file, execArgv: [], argv: [] };
    const pool = new ChildPool<Body, unknown>({
      name: 'tested',
      launcher:
        kind === 'prefork'
          ? new ProcessLauncher({ ...shared, clock: systemClock })
          : new ThreadLauncher({ ...shared, resourceLimits: { maxOldGenerationSizeMb: 64 } }),
      codec: { encodeJob: (body) => JSON.stringify(body), decodeReply: (text) => JSON.parse(text) as unknown },
      clock: systemClock,
      children: 1,
      onChildExit: (exit) => {
        exits.push(exit);
        for (const watch of watchers) watch(exit);
      },
      ...settings,
    });
    this.#pools.push(pool);
    return {
      pool,
      exits,
      exit: (condition) =>
        new Promise((resolve) => {
          const watch = (exit: ChildExit): void => {
            if (!condition(exit)) return;
            watchers.delete(watch);
            resolve(exit);
          };
          watchers.add(watch);
          exits.forEach(watch);
        }),
      begin: (body, options) =>
        new Promise((resolve) => {
          const outcome = pool.run(body, { ...options, onStarted: ({ pid }) => resolve({ pid, outcome }) });
        }),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map((pool) => pool.stop('kill')));
  }
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A shop for the tests of one file: the fixture is compiled before them, and what a test opened is closed after it. */
export function openShop(): PoolShop {
  let program: Program;
  const shop = new PoolShop(() => program);
  beforeAll(async () => {
    program = await compileFixture('child.entry.ts');
  });
  afterAll(() => program.remove());
  afterEach(() => shop.close());
  return shop;
}
