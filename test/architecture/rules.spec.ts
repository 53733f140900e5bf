import { describe, expect, it } from 'vitest';
import { house } from './house.js';
import { rules, type Tree } from './rules.js';
import { readSource } from './source-file.js';

const manifest = {
  dependencies: { ioredis: '^6' },
  peerDependencies: { '@nestjs/common': '^12', '@photostructure/sqlite': '^1' },
  peerDependenciesMeta: { '@photostructure/sqlite': { optional: true } },
};

/** What every rule says about a small tree, given as path -> text. */
function findings(files: Record<string, string>): string[] {
  const tree: Tree = { house, manifest, files: Object.entries(files).map(([file, text]) => readSource(file, text)) };
  return [...rules.values()].flatMap((rule) => rule(tree));
}

/** What the rules say of one file in lib/brokers/redis, where most things are allowed. */
const inAdapter = (text: string): string[] => findings({ 'lib/brokers/redis/redis.broker.ts': text });
const inTasks = (text: string): string[] => findings({ 'lib/tasks/a.ts': text });

describe('the rule on floors', () => {
  it('accepts the door of a room below, and files of the own room', () => {
    const text = `import { toMs } from '../time/index.js'; import type { B } from './b.js';`;

    expect(findings({ 'lib/tasks/a.ts': text, 'lib/tasks/b.ts': 'export interface B {}' })).toEqual([]);
  });

  it.each([
    ['a room above', `import { TaskClient } from '../client/index.js';`],
    ['a room beside', `import { chain } from '../canvas/index.js';`],
    ['a type of a room above', `import type { TaskClient } from '../client/index.js';`],
    ['a type written as an import', `export type C = import('../client/index.js').TaskClient;`],
    ['a room above, re-exported', `export { TaskClient } from '../client/index.js';`],
    ['a room above, lazily', `export const load = () => import('../client/index.js');`],
  ])('refuses %s', (_what, text) => {
    expect(inTasks(text)).toEqual([expect.stringMatching(/^lib\/tasks\/a\.ts:1 imports .*lower floors only$/)]);
  });

  it('refuses a way into a room past its door', () => {
    expect(inTasks(`import { toMs } from '../time/duration.js';`)).toEqual([expect.stringContaining('the only door')]);
  });

  it('refuses an import of the root', () => {
    expect(inTasks(`import { Task } from '../index.js';`)).toEqual([
      expect.stringContaining('nothing in lib/ imports its root'),
    ]);
  });

  it('leaves the root free to import every room', () => {
    expect(
      findings({ 'lib/index.ts': `export { run } from './cli/index.js'; export { Task } from './tasks/index.js';` }),
    ).toEqual([]);
  });

  it('refuses a room that the house does not know, and a second file beside the root', () => {
    expect(findings({ 'lib/attic/a.ts': '', 'lib/main.ts': '' })).toEqual([
      expect.stringContaining('"attic" is not a room'),
      expect.stringContaining('only index.ts'),
    ]);
  });
});

describe('the rule on cycles', () => {
  it('shows a cycle through types inside a room, as the way round', () => {
    const found = findings({
      'lib/tasks/a.ts': `import { b } from './b.js';`,
      'lib/tasks/b.ts': `import { c } from './c.js'; import { d } from './d.js';`,
      'lib/tasks/c.ts': `import type { A } from './a.js';`,
      'lib/tasks/d.ts': '',
    });

    expect(found).toEqual(['import cycle: lib/tasks/a.ts -> lib/tasks/b.ts -> lib/tasks/c.ts -> lib/tasks/a.ts']);
  });

  it('accepts two ways to one file', () => {
    const two = `import { b } from './b.js'; import { c } from './c.js';`;

    expect(
      findings({ 'lib/tasks/a.ts': two, 'lib/tasks/b.ts': `import { c } from './c.js';`, 'lib/tasks/c.ts': '' }),
    ).toEqual([]);
  });
});

describe('the rule on adapters', () => {
  it('refuses one that imports another', () => {
    expect(inAdapter(`import { x } from '../amqp/x.js';`)).toEqual([
      expect.stringContaining('do not import one another'),
    ]);
  });

  it('accepts what lies beside their contract', () => {
    expect(inAdapter(`import { x } from '../virtual/x.js'; import { y } from '../broker.interface.js';`)).toEqual([]);
  });
});

describe('the rule on packages', () => {
  it('accepts declared packages, their subpaths and Node itself', () => {
    const text = `import { Redis } from 'ioredis'; import { Inject } from '@nestjs/common/x.js'; import { join } from 'node:path';`;

    expect(inAdapter(text)).toEqual([]);
  });

  it.each([
    ['a package that is only there for tests', `import { it } from 'vitest';`, /neither a dependency nor a peer/],
    ['the tests', `import { x } from '../../../test/tools/x.js';`, /nothing outside itself/],
    ['a builtin without its prefix', `import { join } from 'path';`, /write "node:path"/],
    ['an optional driver at once', `import { open } from '@photostructure/sqlite';`, /lazily/],
    ['a builtin that some Node lacks at once', `import { open } from 'node:sqlite';`, /lazily/],
  ])('refuses %s', (_what, text, said) => {
    expect(inAdapter(text)).toEqual([expect.stringMatching(said)]);
  });

  it('accepts an optional driver lazily in its adapter, and nowhere else', () => {
    const text = `import type { D } from 'node:sqlite'; export const load = () => import('@photostructure/sqlite');`;

    expect(inAdapter(text)).toEqual([]);
    expect(inTasks(text)).toHaveLength(2);
  });
});

describe('the rule on the clock', () => {
  it.each([
    'Date.now()',
    'new Date()',
    'Date()',
    'performance.now()',
    'process.hrtime.bigint()',
    'AbortSignal.timeout(5)',
    'setTimeout(() => {}, 1)',
    'globalThis.setInterval(() => {}, 1)',
    '({ start: setTimeout })',
    '({ setTimeout })',
  ])('refuses %s', (expression) => {
    expect(inTasks(`export const x = ${expression};`)).toEqual([expect.stringContaining('ask lib/time')]);
  });

  it.each([
    `import { setTimeout as wait } from 'node:timers/promises';`,
    `import { performance } from 'node:perf_hooks';`,
  ])('refuses %s', (text) => {
    expect(inTasks(text)).toEqual([expect.stringContaining('ask lib/time')]);
  });

  it.each([
    'new Date(0)',
    'Date.UTC(2026, 1)',
    'x instanceof Date',
    'clock.setTimeout(f, 1)',
    '(null as unknown as ReturnType<typeof setTimeout>)',
    '{ setTimeout: 1 }',
    'setImmediate(f)',
    'queueMicrotask(f)',
  ])('accepts %s', (expression) => {
    expect(inTasks(`export const y = ${expression};`)).toEqual([]);
  });

  it('leaves lib/time to it', () => {
    expect(findings({ 'lib/time/system.clock.ts': 'export const now = () => Date.now();' })).toEqual([]);
  });
});

describe('the rule on exports', () => {
  it.each([
    `export * from './b.js';`,
    `export * as b from './b.js';`,
    'export default 1;',
    'export default class A {}',
    'const a = 1; export { a as default };',
  ])('refuses %s', (text) => {
    expect(inTasks(text)).toHaveLength(1);
  });
});

describe('the rule on names', () => {
  it.each(['lib/tasks/utils/a.ts', 'lib/tasks/common/deep/a.ts', 'lib/tasks/taskOptions.ts', 'lib/tasks/Task.ts'])(
    'refuses %s',
    (file) => {
      expect(findings({ [file]: '' })).toHaveLength(1);
    },
  );

  it('accepts a role after the name', () => {
    expect(findings({ 'lib/brokers/redis/redis.broker.ts': '', 'lib/errors/not-registered.error.ts': '' })).toEqual([]);
  });
});

describe('the rule on size', () => {
  const lines = (count: number): string => 'export {};\n'.repeat(count);

  it('accepts 300 lines in lib/ and 500 in a spec, and refuses one more', () => {
    expect(findings({ 'lib/tasks/a.ts': lines(300), 'test/unit/a.spec.ts': lines(500) })).toEqual([]);
    expect(findings({ 'lib/tasks/a.ts': lines(301), 'test/unit/a.spec.ts': lines(501) })).toHaveLength(2);
  });
});
