import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Ctx, Task, TaskContext, TaskDefaults } from 'nest-task-queue';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryResultBackend } from '../../lib/backends/memory/memory.result-backend.js';
import { eventually } from './outcomes/eventually.js';
import { startInline, type InlineRig, type InlineRigOptions } from './outcomes/inline-rig.js';
import { gateOf, ran, runsOf } from './outcomes/ledger.js';
import { putMessage } from './outcomes/raw-message.js';

@Injectable()
class Bodies {
  @Task({ name: 'returns' })
  returns(@Ctx() context: TaskContext): string {
    ran(context);
    return 'done';
  }

  @Task({ name: 'waits' })
  async waits(gate: string, @Ctx() context: TaskContext): Promise<string> {
    ran(context);
    await gateOf(gate).opened;
    return 'done';
  }
}

@TaskDefaults({ namePrefix: 'late.' })
@Injectable()
class LateTasks extends Bodies {}

@TaskDefaults({ namePrefix: 'early.', acksLate: false })
@Injectable()
class EarlyTasks extends Bodies {}

function setup(options: InlineRigOptions = {}) {
  return startInline([LateTasks, EarlyTasks], options);
}

async function deadOf({ client }: InlineRig) {
  const letters = await client.deadLetters.list('celery');
  return letters.map(({ reason, error }) => ({ reason, error }));
}

describe('the outcome table: an unknown task', () => {
  it('is dead-lettered by default, with the nearest known name', async () => {
    const rig = await setup();

    const result = await rig.client.send('late.return');
    const error = await result.get({ propagate: false, timeout: '5s' });

    const message = 'Task "late.return" is not registered in this worker; did you mean "late.returns"?';
    expect(error).toMatchObject({ name: 'NotRegistered' });
    expect(await deadOf(rig)).toEqual([{ reason: 'unknown_task', error: expect.stringContaining(message) as string }]);
    expect(rig.logged.join('\n')).toContain('did you mean "late.returns"?');
  });

  it('is rejected where that is asked for: FAILURE is stored, the message is gone', async () => {
    const rig = await setup({ worker: { unknownTask: 'reject' } });

    const result = await rig.client.send('nowhere');
    const error = await result.get({ propagate: false, timeout: '5s' });
    await rig.quiet();

    expect(error).toMatchObject({ name: 'NotRegistered' });
    expect(await deadOf(rig)).toEqual([]);
  });

  it('is acknowledged where that is asked for: nothing is stored', async () => {
    const rig = await setup({ worker: { unknownTask: 'ack' } });

    const result = await rig.client.send('nowhere');
    await rig.quiet();

    expect(await result.state()).toBe('PENDING');
    expect(await deadOf(rig)).toEqual([]);
    expect(rig.logged.join('\n')).toContain('nowhere');
  });
});

describe.each(['late', 'early'] as const)('the outcome table: what is acknowledged %s', (column) => {
  it('and has a body that cannot be decoded: it is dead-lettered with the reason, and never runs', async () => {
    const rig = await setup();
    const id = randomUUID();

    putMessage(rig.store, { headers: { task: `${column}.returns`, id, lang: 'js', retries: 0 }, body: '[[1, {}' });
    await rig.quiet();

    expect(await deadOf(rig)).toEqual([{ reason: 'undecodable', error: expect.stringContaining('JSON') as string }]);
    expect(runsOf(id)).toBe(0);
  });

  it('and has a content type that is not accepted: it is dead-lettered with the reason, and never runs', async () => {
    const rig = await setup();
    const id = randomUUID();

    const contentType = 'application/x-python-serialize';
    putMessage(rig.store, { headers: { task: `${column}.returns`, id, retries: 0 }, body: '\u0080', contentType });
    await rig.quiet();

    expect(await deadOf(rig)).toEqual([
      { reason: 'undecodable', error: expect.stringContaining(contentType) as string },
    ]);
    expect(runsOf(id)).toBe(0);
  });

  it('and has a body of protocol 1: it runs', async () => {
    const rig = await setup();
    const id = randomUUID();

    const body = JSON.stringify({ task: `${column}.returns`, id, args: [], kwargs: {}, retries: 0 });
    putMessage(rig.store, { headers: {}, body });

    expect(await rig.client.result(id).get({ timeout: '5s' })).toBe('done');
  });
});

describe('the outcome table: a result store of its own that is down', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** The store fails that often, then works again. */
  async function withDownStore(failures: number, resultStoreTimeout: string) {
    const storeResults = vi.spyOn(MemoryResultBackend.prototype, 'storeResults');
    for (let i = 0; i < failures; i++) storeResults.mockRejectedValueOnce(new Error('the result store is down'));
    return setup({ module: { results: `memory:${randomUUID()}` }, worker: { resultStoreTimeout } });
  }

  it('keeps the message held until the result is stored', async () => {
    const rig = await withDownStore(3, '10s');

    const result = await rig.client.for(LateTasks).returns.delay();
    await eventually('it has run', () => runsOf(result.id) === 1);
    const { held } = await rig.client.queues.stats('celery');
    const value = await result.get({ timeout: '5s' });
    await rig.quiet();

    expect([held, value, runsOf(result.id)]).toEqual([1, 'done', 1]);
    expect(rig.logged.filter((line) => line.startsWith('warn Could not store results'))).toHaveLength(3);
  });

  it('gives the message back when it stays down, so that it runs again', async () => {
    const rig = await withDownStore(2, '30ms');

    const result = await rig.client.for(LateTasks).returns.delay();
    const value = await result.get({ timeout: '5s' });
    await rig.quiet();

    expect([value, runsOf(result.id)]).toEqual(['done', 2]);
    expect(rig.logged.join('\n')).toContain('error Could not store results, giving up: the result store is down');
    expect(await deadOf(rig)).toEqual([]);
  });

  it('costs only the result of what was acknowledged early, and says so', async () => {
    const rig = await withDownStore(2, '30ms');

    const result = await rig.client.for(EarlyTasks).returns.delay();
    await eventually('it was given up', () => rig.logged.some((line) => line.includes('giving up')));
    await rig.quiet();

    expect([await result.state(), runsOf(result.id)]).toEqual(['PENDING', 1]);
    expect(await deadOf(rig)).toEqual([]);
  });
});
