import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Ctx, Ignore, Kwargs, Reject, signature, Task, TaskContext } from 'nest-task-queue';
import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from './outcomes/eventually.js';
import { startInline, type InlineRigOptions } from './outcomes/inline-rig.js';
import { Followers, gateOf, note, notesOf, ran, runsOf } from './outcomes/ledger.js';

class Refused extends Error {}

@Injectable()
class Bodies {
  @Task({ name: 'echo' })
  echo(a: unknown, b: unknown = 'b', ...rest: unknown[]): unknown[] {
    return [a, b, ...rest];
  }

  @Task({ name: 'named' })
  named(to: string, subject: string, @Kwargs() others: Kwargs<Record<string, unknown>>): unknown {
    return { to, subject, others };
  }

  @Task({ name: 'who' })
  who(@Ctx() context: TaskContext): unknown {
    ran(context);
    const { id, headers, request } = context;
    return {
      id,
      headers,
      rootId: request.rootId,
      eta: request.eta,
      expires: request.expires,
      priority: request.deliveryInfo.priority,
    };
  }

  @Task({ name: 'waits' })
  async waits(gate: string, @Ctx() context: TaskContext): Promise<string> {
    ran(context);
    await gateOf(gate).opened;
    return 'done';
  }

  @Task({ name: 'tracked', trackStarted: true })
  tracked(gate: string, @Ctx() context: TaskContext): Promise<string> {
    return this.waits(gate, context);
  }

  @Task({ name: 'silent', ignoreResult: true })
  silent(@Ctx() context: TaskContext): string {
    ran(context);
    return 'unheard';
  }

  @Task({ name: 'steps' })
  async steps(@Ctx() context: TaskContext): Promise<string> {
    await context.progress({ current: 1, total: 2 });
    await context.updateState('POLISHING', 'nearly');
    return 'done';
  }

  @Task({ name: 'gated_steps' })
  async gatedSteps(gates: [string, string], @Ctx() context: TaskContext): Promise<string> {
    await gateOf(gates[0]).opened;
    await context.progress({ current: 1, total: 2 });
    await gateOf(gates[1]).opened;
    await context.updateState('POLISHING', 'nearly');
    return 'done';
  }

  @Task({ name: 'ignores' })
  ignores(@Ctx() context: TaskContext): void {
    ran(context);
    throw new Ignore();
  }

  @Task({ name: 'rejects' })
  rejects(requeue: boolean, @Ctx() context: TaskContext): string {
    ran(context);
    if (runsOf(context.id) === 1) throw new Reject('not today', { requeue });
    return `redelivered: ${context.request.deliveryInfo.redelivered}`;
  }

  @Task({ name: 'refuses', throws: [Refused] })
  refuses(): void {
    throw new Refused('as agreed');
  }

  @Task({ name: 'adds' })
  adds(a: number, b: number): number {
    return a + b;
  }

  @Task({ name: 'notes' })
  notes(value: unknown, name: string): void {
    note(name, value);
  }
}

async function setup(options?: InlineRigOptions) {
  const rig = await startInline([Bodies, Followers], options);
  return { ...rig, tasks: rig.client.for(Bodies), followers: rig.client.for(Followers) };
}

const soon = { timeout: '5s' } as const;

describe('arguments', () => {
  it('arrive in order, with defaults and the rest', async () => {
    const { tasks } = await setup();

    const [one, all] = await Promise.all([tasks.echo.delay(1), tasks.echo.delay(1, 2, 3, 4)]);

    expect(await one.get(soon)).toEqual([1, 'b']);
    expect(await all.get(soon)).toEqual([1, 2, 3, 4]);
  });

  it('arrive by name, and what no parameter is named as in one object', async () => {
    const { tasks } = await setup();

    const result = await tasks.named.applyAsync(['a@b.c'], { kwargs: { subject: 'hello', urgent: true } });

    expect(await result.get(soon)).toEqual({ to: 'a@b.c', subject: 'hello', others: { urgent: true } });
  });

  it('arrive as the values they were', async () => {
    const { tasks } = await setup();
    const values = [new Date(0), new Uint8Array([1, 2]), 2n ** 70n];

    const result = await tasks.echo.delay(values[0], values[1], values[2]);
    const [date, bytes, big] = (await result.get(soon)) as [Date, Uint8Array, bigint];

    expect([date.getTime(), [...bytes], big]).toEqual([0, [1, 2], 2n ** 70n]);
  });
});

describe('a task with a countdown or an eta', () => {
  it('is parked with the broker, and runs when it is due', async () => {
    const { client, tasks } = await setup();
    const sentMs = Date.now();

    const result = await tasks.who.applyAsync([], { countdown: 150 });
    const { parked, held } = await client.queues.stats('celery');
    const { eta } = (await result.get(soon)) as { eta: Date };

    expect([parked, held]).toEqual([1, 0]);
    expect(eta.getTime()).toBeGreaterThanOrEqual(sentMs + 150);
    expect(Date.now()).toBeGreaterThanOrEqual(eta.getTime());
  });

  it('runs at once when its eta has passed', async () => {
    const { tasks } = await setup();

    const result = await tasks.who.applyAsync([], { eta: new Date(Date.now() - 1_000) });

    await expect(result.get(soon)).resolves.toBeDefined();
  });

  it('that expires before it is due is revoked then', async () => {
    const { tasks } = await setup();

    const result = await tasks.who.applyAsync([], { countdown: 60, expires: 30 });
    await expect(result.get(soon)).rejects.toThrow('expired');

    expect(runsOf(result.id)).toBe(0);
  });
});

describe('priorities', () => {
  it('let the most urgent run first', async () => {
    const { tasks, quiet, startWorker } = await setup({ worker: false });
    const name = randomUUID();

    for (const priority of [1, 9, 5, 9]) await tasks.notes.applyAsync([priority, name], { priority });
    await startWorker({ pool: 'solo' });
    await quiet();

    expect(notesOf(name)).toEqual([9, 9, 5, 1]);
  });

  it('are told to the task as its sender gave them', async () => {
    const { tasks } = await setup();

    const result = await tasks.who.applyAsync([], { priority: 7 });

    expect(await result.get(soon)).toMatchObject({ priority: 7 });
  });
});

describe('what is stored', () => {
  it('is nothing for a task that ignores its result', async () => {
    const { client, tasks, quiet } = await setup();

    const [declared, asked] = await Promise.all([
      tasks.silent.delay(),
      tasks.who.applyAsync([], { ignoreResult: true }),
    ]);
    await quiet();

    expect([runsOf(declared.id), runsOf(asked.id)]).toEqual([1, 1]);
    expect(await Promise.all([declared, asked].map(({ id }) => client.result(id).meta()))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is nothing for one that ignores its result and is revoked', async () => {
    const { client, tasks, quiet, startWorker } = await setup({ worker: false });

    const result = await tasks.silent.delay();
    await client.revoke(result.id);
    await startWorker();
    await quiet();

    expect([runsOf(result.id), await client.result(result.id).meta()]).toEqual([0, undefined]);
  });

  it('is STARTED while a task runs that asks for it, with who runs it', async () => {
    const { tasks } = await setup({ worker: { name: 'w1@here' } });
    const gate = randomUUID();

    const result = await tasks.tracked.delay(gate);
    await eventually('STARTED', async () => (await result.state()) === 'STARTED');
    const info = await result.info();
    gateOf(gate).open();

    expect(info).toEqual({ pid: process.pid, hostname: 'w1@here' });
    expect(await result.get(soon)).toBe('done');
  });

  it('shows progress and states of its own on the way', async () => {
    const { tasks } = await setup();
    const gates = [randomUUID(), randomUUID()] as [string, string];

    const result = await tasks.gatedSteps.delay(gates);
    const updates = firstValueFrom(result.updates$.pipe(toArray()));
    result.updates$.subscribe(({ state }) => {
      if (state === 'PENDING') gateOf(gates[0]).open();
      if (state === 'PROGRESS') gateOf(gates[1]).open();
    });

    expect((await updates).map(({ state, info }) => [state, info])).toEqual([
      ['PENDING', undefined],
      ['PROGRESS', { current: 1, total: 2 }],
      ['POLISHING', 'nearly'],
      ['SUCCESS', 'done'],
    ]);
  });

  it('ends with the outcome, however fast the states before it came', async () => {
    const { tasks } = await setup();

    const results = await Promise.all(Array.from({ length: 20 }, () => tasks.steps.delay()));

    expect(new Set(await Promise.all(results.map((result) => result.get(soon))))).toEqual(new Set(['done']));
  });

  it('is an error that the task may throw, which is logged without a stack', async () => {
    const { tasks, logged } = await setup();

    const result = await tasks.refuses.delay();
    await expect(result.get(soon)).rejects.toThrow('as agreed');

    const lines = logged.filter((line) => line.includes(result.id));
    expect(lines).toEqual([expect.stringMatching(/^log .* failed as it may .*as agreed$/)]);
  });
});

describe('ids and headers of the sender', () => {
  it('reach the task', async () => {
    const { tasks } = await setup();
    const taskId = `invoice-${randomUUID()}`;

    const result = await tasks.who.applyAsync([], { taskId, headers: { tenant: 'a' } });

    expect(await result.get(soon)).toMatchObject({ id: taskId, rootId: taskId, headers: { tenant: 'a' } });
  });

  it('stand in the message, argsrepr included', async () => {
    const { tasks, store } = await setup({ worker: false });

    await tasks.echo.applyAsync(['secret'], { argsrepr: "('***',)", kwargsrepr: '{}' });

    const { headers } = JSON.parse(store.messages.peek('celery')?.envelope ?? '{}') as {
      headers: Record<string, unknown>;
    };
    expect(headers).toMatchObject({ task: 'echo', argsrepr: "('***',)", kwargsrepr: '{}', lang: 'js' });
  });
});

describe('control flow', () => {
  it('Ignore stores nothing and acknowledges', async () => {
    const { client, tasks, quiet } = await setup();

    const result = await tasks.ignores.delay();
    await eventually('it has run', () => runsOf(result.id) === 1);
    await quiet();

    expect([await result.state(), await client.deadLetters.count('celery')]).toEqual(['PENDING', 0]);
  });

  it('Reject dead-letters with its reason', async () => {
    const { client, tasks, quiet } = await setup();

    const result = await tasks.rejects.delay(false);
    await eventually('it has run', () => runsOf(result.id) === 1);
    await quiet();

    const [letter] = await client.deadLetters.list('celery');
    expect(letter).toMatchObject({ reason: 'rejected', error: expect.stringContaining('not today') as string });
    expect(runsOf(result.id)).toBe(1);
  });

  it('Reject with requeue gives the message back, uncharged', async () => {
    const { tasks } = await setup({ worker: { maxDeliveries: 1 } });

    const result = await tasks.rejects.delay(true);

    expect(await result.get(soon)).toBe('redelivered: true');
    expect(runsOf(result.id)).toBe(2);
  });
});

describe('links', () => {
  it('are called with the result, before their own arguments', async () => {
    const { tasks, quiet } = await setup();
    const name = randomUUID();

    const link = [tasks.adds.s(10).link(tasks.notes.s(name)), tasks.notes.s(name)];
    await tasks.adds.applyAsync([1, 2], { link });
    await eventually('both links', () => notesOf(name).length === 2);
    await quiet();

    expect(new Set(notesOf(name))).toEqual(new Set([3, 13]));
  });

  it('are not given the result when they are immutable', async () => {
    const { tasks } = await setup();
    const name = randomUUID();

    await tasks.adds.applyAsync([1, 2], { link: tasks.notes.si('own', name) });

    expect(await eventually('the link', () => notesOf(name)[0])).toBe('own');
  });

  it('for errors are called with the id of the task that failed', async () => {
    const { tasks, followers } = await setup();
    const name = randomUUID();

    const result = await tasks.refuses.applyAsync([], { linkError: followers.failed.s(name) });

    expect(await eventually('the errback', () => notesOf(`${name}:failed`)[0])).toBe(result.id);
  });

  it('become children of the task', async () => {
    const { client, tasks } = await setup();
    const taskId = randomUUID();

    const result = await tasks.adds.applyAsync([1, 2], { link: signature('adds', [10], { options: { taskId } }) });
    await result.get(soon);

    expect((await result.children()).map(({ id }) => id)).toEqual([taskId]);
    expect(await client.result(taskId).get(soon)).toBe(13);
  });
});
