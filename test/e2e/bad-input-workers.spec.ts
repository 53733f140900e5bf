import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BadInputTasks } from '../fixtures/apps/bad-input/bad-input.tasks.js';
import type { Flaw } from '../fixtures/apps/bad-input/bad-input.module.js';
import { openProcessRig } from './outcomes/process-rig.js';

const soon = { timeout: '30s' } as const;

async function setup() {
  const rig = await openProcessRig([BadInputTasks]);
  onTestFinished(() => rig.close());
  return {
    ...rig,
    startFlawed: (pool: string, flaw: Flaw = 'none', env: Readonly<Record<string, string>> = {}) =>
      rig.start('bad-input/worker', { env: { TASK_QUEUE_POOL: pool, FLAW: flaw, ...env } }),
  };
}

describe('a module that throws while it boots', () => {
  it.each(['prefork', 'threads', 'async', 'solo'])(
    'ends a worker on %s with its error, and is not tried again',
    async (pool) => {
      const { startFlawed, events } = await setup();

      const worker = startFlawed(pool, 'boot');
      const end = await worker.ended;

      expect(end).toEqual({ code: 1, signal: null });
      expect(worker.stderr()).toContain('The worker cannot run');
      expect(worker.stderr()).toContain('no database to be found at boot');
      expect(worker.stderr()).toContain('bad-input.module'); // the stack of the application's own error
      expect(events('app')).toEqual(['boot']);
    },
  );
});

describe('an application that cannot run', () => {
  it.each<[string, Flaw, string, readonly string[]]>([
    ['an unknown option', 'unknown-option', 'prefork', ['"worker.concurency"', 'did you mean "concurrency"']],
    ['an unusable value', 'bad-value', 'async', ['"tasks.timeLimit"', '"soon"']],
    ['two tasks of one name', 'duplicate', 'prefork', ['"well"', 'BadInputTasks.well', 'SameName.alsoWell']],
    ['the memory broker with processes', 'memory', 'prefork', ['"memory:"', '"async" or "solo"']],
    ['the memory broker with threads', 'memory', 'threads', ['"memory:"', '"async" or "solo"']],
    ['a pool that does not exist', 'none', 'forks', ['"pool"', '"forks"', '"prefork"']],
  ])('ends the worker with an error that names it: %s', async (_, flaw, pool, words) => {
    const { startFlawed } = await setup();

    const worker = startFlawed(pool, flaw);
    const end = await worker.ended;

    expect(end).toEqual({ code: 1, signal: null });
    for (const word of words) expect(worker.stderr()).toContain(word);
  });
});

describe('a store that cannot be used', () => {
  it.each(['prefork', 'async'])(
    'ends a worker on %s with an error that names the damaged file, which is left as it is',
    async (pool) => {
      const { startFlawed, folder } = await setup();
      const store = path.join(folder, 'damaged');
      mkdirSync(store);
      const file = path.join(store, 'queue.sqlite');
      const text = 'no database at all, '.repeat(500);
      writeFileSync(file, text);

      const worker = startFlawed(pool, 'none', { TASK_QUEUE_BROKER_URL: `embedded:${store}` });
      const end = await worker.ended;

      expect(end).toEqual({ code: 1, signal: null });
      expect(worker.stderr()).toContain(file);
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
  );

  it('ends a worker with an error that names a file in place of the folder', async () => {
    const { startFlawed, folder } = await setup();
    const store = path.join(folder, 'file');
    writeFileSync(store, '');

    const worker = startFlawed('prefork', 'none', { TASK_QUEUE_BROKER_URL: `embedded:${store}` });
    const end = await worker.ended;

    expect(end).toEqual({ code: 1, signal: null });
    expect(worker.stderr()).toContain(store);
  });

  it.runIf(process.platform === 'linux')('ends a worker with an error that names the network file system', async () => {
    const { startFlawed, folder } = await setup();
    const preload = path.join(folder, 'pretend-nfs.mjs'); // no test machine has one to mount
    writeFileSync(
      preload,
      `import fs from 'node:fs';
       import { syncBuiltinESMExports } from 'node:module';
       const { statfsSync } = fs;
       fs.statfsSync = (...args) => ({ ...statfsSync(...args), type: 0x6969 });
       syncBuiltinESMExports();`,
    );

    const worker = startFlawed('prefork', 'none', { NODE_OPTIONS: `--import=${preload}` });
    const end = await worker.ended;

    expect(end).toEqual({ code: 1, signal: null });
    expect(worker.stderr()).toContain('NFS');
    expect(worker.stderr()).toContain('Redis');
  });

  it('ends a worker with an error that says which URLs there are', async () => {
    const { startFlawed } = await setup();

    const worker = startFlawed('prefork', 'none', { TASK_QUEUE_BROKER_URL: 'carrier-pigeon://:secret@roof' });
    const end = await worker.ended;

    expect(end).toEqual({ code: 1, signal: null });
    expect(worker.stderr()).toContain('embedded');
    expect(worker.stderr()).not.toContain('secret');
  });
});

describe.each(['async', 'solo'])('a task that ends the process of a worker on %s', (pool) => {
  it('is dead-lettered once it has ended the third, and the next worker goes on', async () => {
    const { client, startFlawed, runsOf, quiet } = await setup();
    const tasks = client.for(BadInputTasks);

    const taskId = randomUUID();
    await tasks.exits.applyAsync([7], { taskId });
    const ends: unknown[] = [];
    for (let i = 0; i < 3; i++) ends.push((await startFlawed(pool).ended).code);
    const last = startFlawed(pool);
    const error = await client.result(taskId).get({ propagate: false, ...soon });
    const well = await (await tasks.well.delay()).get(soon);
    await quiet();

    expect(ends).toEqual([7, 7, 7]);
    expect(error).toMatchObject({ name: 'WorkerLostError' });
    expect([well, runsOf(taskId), last.isOver]).toEqual(['well', 3, false]);
    expect(await client.deadLetters.list('celery')).toMatchObject([{ reason: 'delivery_limit', losses: 3 }]);
  });
});
