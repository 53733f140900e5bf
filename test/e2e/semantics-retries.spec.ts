import { Injectable } from '@nestjs/common';
import { Ctx, Task, TaskContext } from 'nest-task-queue';
import { describe, expect, it } from 'vitest';
import { eventually } from './outcomes/eventually.js';
import { startInline, type InlineRigOptions } from './outcomes/inline-rig.js';
import { ran, runsOf } from './outcomes/ledger.js';

class Flaky extends Error {}
class Hopeless extends Flaky {}

const startedAt = new Map<string, number[]>();

function noteStart({ id }: TaskContext): void {
  startedAt.set(id, [...(startedAt.get(id) ?? []), performance.now()]);
}

@Injectable()
class Bodies {
  @Task({ name: 'manual', maxRetries: 2 })
  manual(factor: number, @Ctx() context: TaskContext): unknown {
    ran(context);
    if (context.retries < 2) context.retry({ countdown: 20, args: [factor * 10] });
    return { factor, retries: context.retries, headers: context.headers };
  }

  @Task({ name: 'hopeful', maxRetries: 1 })
  hopeful(error: string | null, @Ctx() context: TaskContext): void {
    ran(context);
    context.retry({ countdown: 0, ...(error !== null && { error: new Flaky(error) }) });
  }

  @Task({ name: 'automatic', maxRetries: 2, defaultRetryDelay: 0, autoretryFor: [Flaky], dontAutoretryFor: [Hopeless] })
  automatic(succeedsAt: number, kind: 'flaky' | 'hopeless' | 'other', @Ctx() context: TaskContext): number {
    ran(context);
    if (context.retries >= succeedsAt) return context.retries;
    throw new { flaky: Flaky, hopeless: Hopeless, other: Error }[kind](`run ${context.retries}`);
  }

  @Task({
    name: 'backing_off',
    maxRetries: 3,
    autoretryFor: [Flaky],
    retryBackoff: 40,
    retryBackoffMax: 60,
    retryJitter: false,
  })
  backingOff(@Ctx() context: TaskContext): void {
    noteStart(context);
    throw new Flaky('once more');
  }

  @Task({ name: 'spread', autoretryFor: [Flaky], retryBackoff: '1h', retryBackoffMax: '1h' })
  spread(@Ctx() context: TaskContext): void {
    ran(context);
    throw new Flaky('later');
  }

  @Task({ name: 'patient' })
  patient(@Ctx() context: TaskContext): void {
    ran(context);
    context.retry();
  }

  @Task({ name: 'endless', maxRetries: null, defaultRetryDelay: 0 })
  endless(@Ctx() context: TaskContext): number {
    if (context.retries < 10) context.retry();
    return context.retries;
  }
}

async function setup(options?: InlineRigOptions) {
  const rig = await startInline([Bodies], options);
  return { ...rig, tasks: rig.client.for(Bodies) };
}

const soon = { timeout: '5s' } as const;

describe('a retry', () => {
  it('runs again under its id, with other arguments and all that its message said', async () => {
    const { tasks } = await setup();

    const result = await tasks.manual.applyAsync([1], { headers: { tenant: 'a' } });

    expect(await result.get(soon)).toEqual({ factor: 100, retries: 2, headers: { tenant: 'a' } });
    expect(runsOf(result.id)).toBe(3);
  });

  it('waits three minutes unless the task says otherwise, as RETRY and parked', async () => {
    const { client, tasks, store } = await setup();
    const before = Date.now();

    const result = await tasks.patient.delay();
    await eventually('RETRY', async () => (await result.state()) === 'RETRY');

    expect(await client.queues.stats('celery')).toMatchObject({ waiting: 0, held: 0, parked: 1 });
    expect(store.messages.nextDueMs ?? 0).toBeGreaterThanOrEqual(before + 180_000);
    expect(store.messages.nextDueMs ?? 0).toBeLessThanOrEqual(Date.now() + 180_000);
  });

  it('that is one too many fails with MaxRetriesExceededError', async () => {
    const { tasks } = await setup();

    const result = await tasks.hopeful.delay(null);

    await expect(result.get(soon)).rejects.toMatchObject({ name: 'MaxRetriesExceededError' });
    expect(runsOf(result.id)).toBe(2);
  });

  it('that is one too many fails with the error it was made for', async () => {
    const { tasks } = await setup();

    const result = await tasks.hopeful.delay('no line');

    await expect(result.get(soon)).rejects.toMatchObject({
      excType: 'Flaky',
      message: expect.stringContaining('no line') as string,
    });
  });

  it('goes on beyond the default of three where there is no limit', async () => {
    const { tasks } = await setup();

    const result = await tasks.endless.delay();

    expect(await result.get(soon)).toBe(10);
  });
});

describe('an automatic retry', () => {
  it('is made for the errors that are named', async () => {
    const { tasks } = await setup();

    const result = await tasks.automatic.delay(2, 'flaky');

    expect([await result.get(soon), runsOf(result.id)]).toEqual([2, 3]);
  });

  it('ends with the error itself', async () => {
    const { tasks } = await setup();

    const result = await tasks.automatic.delay(9, 'flaky');

    await expect(result.get(soon)).rejects.toMatchObject({
      excType: 'Flaky',
      message: expect.stringContaining('run 2') as string,
    });
    expect(runsOf(result.id)).toBe(3);
  });

  it.each(['hopeless', 'other'] as const)('is not made for %s errors', async (kind) => {
    const { tasks } = await setup();

    const result = await tasks.automatic.delay(1, kind);

    await expect(result.get(soon)).rejects.toThrow('run 0');
    expect(runsOf(result.id)).toBe(1);
  });

  it('waits twice as long each time, up to the longest', async () => {
    const { tasks } = await setup();

    const result = await tasks.backingOff.delay();
    await expect(result.get(soon)).rejects.toThrow('once more');

    const starts = startedAt.get(result.id) ?? [];
    const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(waits).toHaveLength(3);
    waits.forEach((wait, index) => expect(wait).toBeGreaterThanOrEqual([40, 60, 60][index]! - 2));
  });

  it('waits for some part of that with jitter', async () => {
    const { tasks, store } = await setup();
    const before = Date.now();

    const results = await Promise.all(Array.from({ length: 20 }, () => tasks.spread.delay()));
    await eventually('all are parked', async () => {
      const states = await Promise.all(results.map((result) => result.state()));
      return states.every((state) => state === 'RETRY');
    });

    const earliest = store.messages.nextDueMs ?? 0;
    expect(earliest).toBeGreaterThanOrEqual(before);
    expect(earliest).toBeLessThan(before + 3_600_000); // the earliest of 20: not one of them would be, without jitter
  });
});
