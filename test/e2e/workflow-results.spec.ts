import { once } from 'node:events';
import { Inject, Injectable } from '@nestjs/common';
import {
  chain,
  chord,
  Ctx,
  group,
  Task,
  TaskClient,
  type Injected,
  type ResultNode,
  type TaskContext,
  type WorkflowProgress,
} from 'nest-task-queue';
import { lastValueFrom, tap } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { startInline } from './outcomes/inline-rig.js';
import { eventually } from './outcomes/eventually.js';

/** Names of bodies that began, and what lets those go on that wait. */
const began: string[] = [];
const waiting = new Map<string, () => void>();

@Injectable()
class Tasks {
  constructor(@Inject(TaskClient) private readonly tasks: TaskClient) {}

  @Task({ name: 'add' })
  add(a: number, b: number): number {
    began.push('add');
    return a + b;
  }

  @Task({ name: 'sum' })
  sum(numbers: readonly number[]): number {
    began.push('sum');
    return numbers.reduce((a, b) => a + b, 0);
  }

  /** Waits until it is let go, or cancelled. */
  @Task({ name: 'wait' })
  async wait(name: string, @Ctx() { signal }: Injected<TaskContext>): Promise<number> {
    began.push(name);
    const letGo = new Promise<void>((resolve) => waiting.set(name, resolve));
    await Promise.race([letGo, once(signal, 'abort')]);
    signal.throwIfAborted();
    return 1;
  }

  /** Sends a group and a task, the task as late as it is let go. */
  @Task({ name: 'send' })
  async send(name: string): Promise<string> {
    began.push(name);
    const { add } = this.tasks.for(Tasks);
    await this.tasks.apply(group(add.s(1, 1), add.s(2, 2)));
    await new Promise<void>((resolve) => waiting.set(name, resolve));
    return (await add.delay(3, 3)).id;
  }
}

async function start() {
  const { client } = await startInline([Tasks]);
  const { add, sum, wait, send } = client.for(Tasks);
  return { client, add, sum, wait, send };
}

/** Resolves when a body of this name runs. */
async function runs(name: string): Promise<void> {
  await eventually(`"${name}" runs`, () => waiting.has(name));
}

async function listOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const statesOf = async (result: ResultNode): Promise<readonly string[]> =>
  (await result.graph()).nodes.flatMap(({ state }) => state ?? []).sort();

beforeEach(() => {
  began.splice(0);
  waiting.clear();
});

describe('the results of a workflow', () => {
  it('tell how far it has come, and show all of it', async () => {
    const { client, add, sum, wait } = await start();
    const workflow = chain(
      add.s(1, 1),
      group(add.s(2), chain(add.s(3), wait.si('last'))),
      sum.s(),
      group(add.s(1), add.s(2)),
    );
    const result = await client.apply(workflow);
    const told: WorkflowProgress[] = [];
    const ended = lastValueFrom(result.workflowProgress$.pipe(tap((progress) => told.push(progress))));
    await runs('last');
    await eventually('three have ended', () => told.at(-1)?.done === 3);
    waiting.get('last')?.();

    expect(await ended).toEqual({ total: 7, done: 7, failed: 0, states: { SUCCESS: 7 } });
    expect(await result.get()).toEqual([6, 7]);
    const graph = await result.graph();
    expect(graph.nodes.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
      ...Array.from({ length: 2 }, () => 'group undefined'),
      ...Array.from({ length: 7 }, () => 'task SUCCESS'),
    ]);
    expect(graph.edges.map(({ link }) => link).sort()).toEqual([
      ...Array.from({ length: 4 }, () => 'member'),
      ...Array.from({ length: 5 }, () => 'then'),
    ]);
  });

  it('come as members end', async () => {
    const { client, wait } = await start();
    const names = ['a', 'b', 'c'];
    const result = await client.apply(group(names.map((name) => wait.s(name))));
    const order: number[] = [];
    await Promise.all(names.map(runs));
    waiting.get('b')?.();
    for await (const { index } of result.iterate({ timeout: '10s' })) {
      order.push(index);
      waiting.get(['b', 'c', 'a'][order.length] ?? '')?.();
    }

    expect(order).toEqual([1, 2, 0]);
  });

  it('are collected with those of what their tasks sent', async () => {
    const { send } = await start();
    const result = await send.delay('sends');
    await runs('sends');
    waiting.get('sends')?.();

    const collected = await listOf(result.collect({ timeout: '10s' }));

    expect(collected.slice(1).map(([, value]) => value)).toEqual([[2, 4], 6, 2, 4]); // the group, then its members
  });
});

describe('a workflow that is cancelled', () => {
  it('runs nothing more of what is known, and stops what runs', async () => {
    const { client, wait, add, sum } = await start();
    const result = await client.apply(chain(chord([wait.s('a'), wait.s('b')], sum.s()), add.s(1), add.s(2)));
    await Promise.all(['a', 'b'].map(runs));

    await result.cancel({ cancel: true });

    await expect(result.get({ timeout: '10s' })).rejects.toThrow(/raised TaskRevokedError/);
    await eventually('both are revoked', async () => {
      return (await statesOf(result)).filter((state) => state === 'REVOKED').length >= 2;
    });
    expect(began.sort()).toEqual(['a', 'b']);
  });

  it('by its root runs nothing that is sent later', async () => {
    const { client, send } = await start();
    const result = await send.delay('late');
    await runs('late');
    await eventually('what it sent has run', () => began.filter((name) => name === 'add').length === 2);

    await client.cancel(result.id);
    waiting.get('late')?.();

    const late = client.result(await result.get({ timeout: '10s' }));
    await expect(late.get({ timeout: '10s' })).rejects.toThrow('revoked');
    expect(began).toEqual(['late', 'add', 'add']);
  });

  it('by the id of its group runs none of many members', async () => {
    const { client, add } = await start();
    await client.queues.pause('celery');
    const result = await client.apply(group(Array.from({ length: 1_200 }, (_, n) => add.s(n, 1))));

    await result.revoke();
    await client.queues.resume('celery');

    expect((await listOf(result.iterate({ timeout: '20s' }))).filter(({ state }) => state === 'REVOKED').length).toBe(
      1_200,
    );
    expect(began).toEqual([]);
  });
});
