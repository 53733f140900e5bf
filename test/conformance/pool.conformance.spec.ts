import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';

import { AsyncPool, ChildPool, ProcessLauncher, SoloPool, ThreadLauncher, type Pool } from '../../lib/pools/index.js';
import { systemClock } from '../../lib/time/index.js';
import { runBody, type Body } from '../integration/pools/fixtures/bodies.js';
import { compileFixture, type Program } from '../integration/pools/fixtures/compile.js';
import { FirstOfTwo } from './mixed-pool.subject.js';
import type { PoolBench, PoolNeed } from './pool.bench.js';
import { poolCases } from './pool.suite.js';
import { describeCases } from './suite.js';

const clock = systemClock;
const runner = { run: runBody };
const codec = {
  encodeJob: (body: Body) => JSON.stringify(body),
  decodeReply: (text: string) => JSON.parse(text) as unknown,
};
let program: Program;
let benches = 0;

beforeAll(async () => {
  program = await compileFixture('child.entry.ts');
});
afterAll(() => program.remove());

function describePool(
  name: string,
  abilities: readonly PoolNeed[],
  make: (limit: number) => Pool<Body, unknown>,
): void {
  const opened = new Map<PoolBench, Pool<Body, unknown>[]>();
  describeCases<PoolBench, PoolNeed>(`pool conformance: ${name}`, poolCases, {
    open: async () => {
      const folder = path.join(program.folder, `bench ${benches++}`);
      mkdirSync(folder);
      const pools: Pool<Body, unknown>[] = [];
      const open = (limit: number): Pool<Body, unknown> => {
        const pool = make(limit);
        pools.push(pool);
        return pool;
      };
      const bench: PoolBench = { open, abilities, folder, patienceMs: 20_000 };
      opened.set(bench, pools);
      return bench;
    },
    close: async (bench) => {
      await Promise.all((opened.get(bench) ?? []).map((pool) => pool.stop('kill')));
    },
    lacking: (bench, needs) => needs.filter((need) => !bench.abilities.includes(need)),
  });
}

describePool('async', ['several'], (limit) => new AsyncPool({ runner, clock, limit }));

describePool('solo', ['fixed'], () => new SoloPool({ runner, clock }));

for (const lookAhead of [0, 16]) {
  describePool(`prefork, look-ahead ${lookAhead}`, ['several', 'kills', 'survives'], (children) => {
    const launcher = new ProcessLauncher({ entry: program.file, execArgv: [], argv: [], clock });
    return new ChildPool({ name: 'prefork', launcher, codec, clock, children, lookAhead });
  });

  describePool(`threads, look-ahead ${lookAhead}`, ['several', 'kills', 'survives'], (children) => {
    const launcher = new ThreadLauncher({ entry: program.file, execArgv: [], argv: [] });
    return new ChildPool({ name: 'threads', launcher, codec, clock, children, lookAhead });
  });
}

describePool('prefork beside async', ['several', 'kills', 'survives'], (children) => {
  const launcher = new ProcessLauncher({ entry: program.file, execArgv: [], argv: [], clock });
  const prefork = new ChildPool({ name: 'prefork', launcher, codec, clock, children, lookAhead: 16, niceness: 10 });
  return new FirstOfTwo(prefork, new AsyncPool({ runner, clock, limit: 5 }));
});

describePool('async beside threads', ['several'], (limit) => {
  const launcher = new ThreadLauncher({ entry: program.file, execArgv: [], argv: [] });
  const threads = new ChildPool({ name: 'threads', launcher, codec, clock, children: 1, niceness: 10 });
  return new FirstOfTwo(new AsyncPool({ runner, clock, limit }), threads);
});
