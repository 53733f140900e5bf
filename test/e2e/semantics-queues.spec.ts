import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Ctx, every, Schedule, Task, TaskContext } from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBroker } from '../../lib/brokers/index.js';
import { eventually } from './outcomes/eventually.js';
import { startInline, type InlineRig, type InlineRigOptions } from './outcomes/inline-rig.js';
import { gateOf, note, notesOf, ran, runsOf } from './outcomes/ledger.js';

let running = 0;

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

  @Task({ name: 'routed', queue: 'important' })
  routed(@Ctx() context: TaskContext): string {
    ran(context);
    return context.request.deliveryInfo.queue;
  }

  @Task({ name: 'notes' })
  notes(value: unknown, name: string): void {
    note(name, value);
  }

  @Task({ name: 'alone' })
  async alone(name: string, gate: string): Promise<void> {
    note(name, ++running);
    await gateOf(gate).opened;
    running--;
  }

  @Task({ name: 'fails', acksOnFailure: false })
  fails(heals: string, @Ctx() context: TaskContext): string {
    ran(context);
    if (notesOf(heals).length === 0) throw new Error('still broken');
    return 'healed';
  }
}

@Injectable()
class Ticks {
  @Schedule(every(100), { name: 'ticks' })
  @Task({ name: 'tick' })
  tick(@Ctx() context: TaskContext): void {
    note('ticks', context.id);
  }
}

async function setup(options?: InlineRigOptions) {
  const rig = await startInline([Bodies], options);
  return { ...rig, tasks: rig.client.for(Bodies) };
}

const soon = { timeout: '5s' } as const;

describe('routing', () => {
  it('sends a task to its own queue, which only its workers take', async () => {
    const { client, tasks, startWorker } = await setup();

    const result = await tasks.routed.delay();
    await (await tasks.returns.delay()).get(soon);
    const { waiting } = await client.queues.stats('important');
    await startWorker({ queues: ['important'] });

    expect([waiting, await result.get(soon), runsOf(result.id)]).toEqual([1, 'important', 1]);
  });

  it('sends a task where its sender wants it', async () => {
    const { tasks, startWorker } = await setup({ worker: false });

    const result = await tasks.routed.applyAsync([], { queue: 'elsewhere' });
    await startWorker({ queues: ['elsewhere'] });

    expect(await result.get(soon)).toBe('elsewhere');
  });
});

describe('several queues', () => {
  async function orderOf(queueOrder: 'priority' | 'round_robin' | 'sorted') {
    const { tasks, quiet, startWorker } = await setup({ worker: false });
    const name = randomUUID();
    for (const queue of ['b', 'a']) {
      for (const n of [1, 2]) await tasks.notes.applyAsync([`${queue}${n}`, name], { queue });
    }
    await startWorker({ pool: 'solo', queues: ['b', 'a'], queueOrder });
    await quiet('a');
    await quiet('b');
    return notesOf(name);
  }

  it('are served in turn', async () => {
    expect(await orderOf('round_robin')).toEqual(['b1', 'a1', 'b2', 'a2']);
  });

  it('are served in the order in which they are named', async () => {
    expect(await orderOf('priority')).toEqual(['b1', 'b2', 'a1', 'a2']);
  });

  it('are served in the order of their names', async () => {
    expect(await orderOf('sorted')).toEqual(['a1', 'a2', 'b1', 'b2']);
  });
});

describe('a revocation before the start', () => {
  it('of a parked task holds when that is due', async () => {
    const { client, tasks } = await setup();

    const result = await tasks.returns.applyAsync([], { countdown: 80 });
    await client.revoke(result.id);
    await expect(result.get(soon)).rejects.toThrow('revoked');

    expect(runsOf(result.id)).toBe(0);
  });

  it('of a task that was taken ahead holds at once', async () => {
    const { client, tasks } = await setup({ worker: { pool: 'solo' } });
    const gate = randomUUID();
    const warmUp = await Promise.all(Array.from({ length: 20 }, () => tasks.returns.delay()));
    await Promise.all(warmUp.map((result) => result.get(soon))); // from now on it takes ahead

    const first = await tasks.waits.delay(gate);
    await eventually('the first runs', () => runsOf(first.id) === 1);
    const result = await tasks.returns.delay();
    await eventually('the second is held', async () => (await client.queues.stats('celery')).held === 2);
    await client.revoke(result.id);
    await expect(result.get(soon)).rejects.toThrow('revoked');
    gateOf(gate).open();

    expect([await first.get(soon), runsOf(result.id)]).toEqual(['done', 0]);
  });

  it('leaves one that runs alone', async () => {
    const { client, tasks } = await setup();
    const gate = randomUUID();

    const result = await tasks.waits.delay(gate);
    await eventually('it runs', () => runsOf(result.id) === 1);
    await client.revoke(result.id);
    gateOf(gate).open();

    expect(await result.get(soon)).toBe('done');
  });

  it('is known to a worker that starts later', async () => {
    const { client, tasks, startWorker } = await setup({ worker: false });

    const results = await Promise.all([tasks.returns.delay(), tasks.returns.delay()]);
    await client.revoke(results[0].id);
    await startWorker();

    await expect(results[0].get(soon)).rejects.toThrow('revoked');
    expect(await results[1].get(soon)).toBe('done');
  });
});

describe('dead letters', () => {
  async function withDeadLetter(count = 1) {
    const rig = await setup();
    const heals = randomUUID();
    const results = await Promise.all(Array.from({ length: count }, () => rig.tasks.fails.delay(heals)));
    await eventually('they are dead', async () => (await rig.client.deadLetters.count('celery')) === count);
    return { ...rig, heals, results };
  }

  it('are listed with their reason, their error and the message', async () => {
    const { client, results } = await withDeadLetter();

    const letters = await client.deadLetters.list('celery');

    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ queue: 'celery', reason: 'rejected', error: 'Error: still broken', losses: 0 });
    expect(letters[0]?.message.headers).toMatchObject({ id: results[0]?.id, task: 'fails' });
  });

  it('run again when they are sent again', async () => {
    const { client, heals, results } = await withDeadLetter();
    const [result] = results;

    note(heals, true);
    const redriven = await client.deadLetters.redrive('celery');
    await eventually('it healed', async () => (await client.result(result!.id).state()) === 'SUCCESS');

    expect([redriven, await client.deadLetters.count('celery'), runsOf(result!.id)]).toEqual([1, 0, 2]);
  });

  it('are deleted one by one, or all', async () => {
    const { client } = await withDeadLetter(3);
    const [letter] = await client.deadLetters.list('celery', { limit: 1 });

    const one = await client.deadLetters.purge('celery', [letter!.key]);
    const others = await client.deadLetters.purge('celery');

    expect([one, others, await client.deadLetters.count('celery')]).toEqual([1, 2, 0]);
  });
});

describe('a schedule', () => {
  it('fires each tick once, however many workers run', async () => {
    const rig = await startInline([Ticks], { worker: false });
    const workers = await Promise.all([rig.startWorker(), rig.startWorker(), rig.startWorker()]);

    await eventually('three ticks', () => rig.store.ticks.size >= 3);
    await Promise.all(workers.slice(1).map((worker) => worker.stop()));
    await eventually('two more', () => rig.store.ticks.size >= 5);
    await eventually('all have run', () => notesOf('ticks').length >= rig.store.ticks.size);

    const ids = notesOf('ticks');
    expect(ids).toHaveLength(rig.store.ticks.size);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is left to others by a worker that is told so', async () => {
    const rig = await startInline([Ticks], { worker: { beat: false } });

    await rig.startWorker();
    await eventually('one ticks', () => rig.store.ticks.size >= 1);

    expect(rig.logged.filter((line) => line.includes('Schedule "ticks" is due'))).toHaveLength(1);
  });
});

describe('suspects', () => {
  /** Takes messages and gives them back as one does that lost them. */
  async function loseOnce({ store }: InlineRig, count: number): Promise<void> {
    const broker = createBroker(store.location);
    await broker.connect();
    onTestFinished(() => broker.close());
    const consumer = await broker.consume({ queues: ['celery'], node: 'loser@here' });
    const deliveries = await consumer.take(count, new AbortController().signal);
    await consumer.settle(deliveries.map((delivery) => ({ delivery, as: 'requeue', charge: true })));
    await consumer.close();
  }

  it('run one at a time beside the others', async () => {
    const rig = await setup({ worker: false });
    const [gate, name] = [randomUUID(), randomUUID()];
    const suspects = [await rig.tasks.alone.delay(name, gate), await rig.tasks.alone.delay(name, gate)];
    await loseOnce(rig, 2);
    await rig.startWorker();

    await eventually('the first suspect runs', () => notesOf(name).length === 1);
    const other = await rig.tasks.returns.delay();
    await other.get(soon);
    const meanwhile = notesOf(name);
    gateOf(gate).open();
    await Promise.all(suspects.map((result) => result.get(soon)));

    expect([meanwhile, notesOf(name)]).toEqual([[1], [1, 1]]);
  });
});
