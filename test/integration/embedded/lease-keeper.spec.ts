import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { createResultBackend } from '../../../lib/backends/index.js';
import { createBroker } from '../../../lib/brokers/index.js';
import { checkStore } from './check-store.js';
import { idsOf, message } from './messages.js';
import { compileProgram } from './processes.js';

it('acts from a thread for a consumer whose event loop is blocked', async () => {
  const program = await compileProgram('stalled-process.entry.ts');
  const folder = mkdtempSync(path.join(tmpdir(), 'ntq-keeper-'));
  const [broker, backend] = [createBroker(`embedded:${folder}`), createResultBackend(`embedded:${folder}`)];
  await broker.connect();
  await backend.connect();
  await broker.publish([message('m0'), message('m1')]);
  const stalled = fork(program.file, [`embedded:${folder}`], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const report = once(stalled, 'message') as Promise<[{ readonly lost: readonly string[]; readonly atMs: number }]>;
  try {
    await until(async () => (await broker.queues?.stats('q'))?.held === 2);
    const survivor = await broker.consume({ queues: ['q'], node: 'survivor' });

    const taken = await survivor.take(2, AbortSignal.timeout(20_000));
    const takenMs = Date.now();
    const [{ lost, atMs }] = await report;

    expect(taken.map((each) => [...idsOf([each]), each.redelivered, each.losses])).toEqual([['m1', true, 0]]);
    expect(takenMs).toBeLessThan(atMs);
    expect(lost).toEqual(['m0', 'm1']);
    expect(await backend.fetch(['m0'])).toMatchObject([{ status: 'FAILURE' }]);
    expect((await checkStore(folder, ['m0', 'm1'])).problems).toEqual([]);
  } finally {
    stalled.kill('SIGKILL');
    await broker.close();
    await backend.close();
    rmSync(folder, { recursive: true, force: true });
    program.remove();
  }
});

async function until(isReached: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  while (!(await isReached())) {
    if (signal.aborted) throw new Error('not reached within 20 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
