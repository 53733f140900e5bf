import { Injectable } from '@nestjs/common';
import {
  chain,
  chord,
  Ctx,
  group,
  signature,
  Task,
  TaskContext,
  type AsyncResult,
  type Injected,
  type TaskClient,
} from 'nest-task-queue';
import { beforeEach, describe, expect, it } from 'vitest';
import { startInline } from './outcomes/inline-rig.js';

const ran: unknown[] = [];

@Injectable()
class Tasks {
  @Task({ name: 'add' })
  add(a: number, b: number): number {
    return a + b;
  }

  @Task({ name: 'sum' })
  sum(numbers: readonly number[]): number {
    ran.push(['sum', numbers]);
    return numbers.reduce((a, b) => a + b, 0);
  }

  @Task({ name: 'echo' })
  echo(value: unknown): unknown {
    ran.push(['echo', value]);
    return value;
  }

  @Task({ name: 'fail' })
  fail(): number {
    throw new RangeError('no');
  }

  @Task({ name: 'told' })
  told(id: string): void {
    ran.push(['told', id]);
  }

  @Task({ name: 'adding' })
  adding(value: number, @Ctx() ctx: Injected<TaskContext>): number {
    if (ctx.retries === 0) {
      ctx.addToChord(signature('add', [100, value])); // not sent, as this run does not succeed
      ctx.retry({ countdown: 0 });
    }
    ctx.addToChord(signature('add', [value, 1]));
    ctx.addToChord(chain(signature('add', [value, 2]), signature('add', [10])));
    return value;
  }

  @Task({ name: 'replaced' })
  replaced(value: number, how: string, @Ctx() ctx: Injected<TaskContext>): number {
    const add = (n: number) => signature('add', [value, n]);
    if (how === 'task') return ctx.replace(add(1));
    if (how === 'group') return ctx.replace(group(add(1), add(2)));
    return ctx.replace(chain(add(1), signature('add', [10])));
  }
}

const OPTIONS = { timeout: '5s' } as const;

async function start(): Promise<{ readonly client: TaskClient; readonly tasks: ReturnType<typeof tasksOf> }> {
  const { client } = await startInline([Tasks]);
  return { client, tasks: tasksOf(client) };
}

function tasksOf(client: TaskClient) {
  const { add, sum, echo, fail, told, replaced, adding } = client.for(Tasks);
  return { add, sum, echo, fail, told, replaced, adding };
}

const errorOf = (result: Pick<AsyncResult<unknown>, 'get'>): Promise<unknown> =>
  result.get(OPTIONS).then(
    () => undefined,
    (error: unknown) => error,
  );

beforeEach(() => void ran.splice(0));

describe('a workflow', () => {
  it('of a chain passes each result on', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chain(tasks.add.s(1, 1), tasks.add.s(3), tasks.add.s(5)));

    expect(await result.get(OPTIONS)).toBe(10);
    expect(await (result.parent as AsyncResult<number>).get(OPTIONS)).toBe(5);
  });

  it('of a group gives all results in order', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(group(tasks.add.s(1, 1), tasks.echo.s('x'), group(tasks.add.s(2, 2))));

    expect(await result.get(OPTIONS)).toEqual([2, 'x', 4]);
  });

  it('of a chord calls the body once, with all results', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chord([tasks.add.s(1, 1), tasks.add.s(2, 2)], tasks.sum.s()));

    expect(await result.get(OPTIONS)).toBe(6);
    expect(ran).toEqual([['sum', [2, 4]]]);
  });

  it('gives a header member that ends in a group one place', async () => {
    const { client, tasks } = await start();
    const twice = chain(tasks.add.s(1, 1), group(tasks.add.s(1), tasks.add.s(2)));

    const result = await client.apply(chord([twice, tasks.add.s(5, 5)], tasks.echo.s()));

    expect(await result.get(OPTIONS)).toEqual([[3, 4], 10]);
  });

  it('nests chords in headers and in bodies', async () => {
    const { client, tasks } = await start();
    const inner = chord([tasks.add.s(1, 1), tasks.add.s(2, 2)], tasks.sum.s());
    const outer = chord(
      [inner, tasks.add.s(3, 3)],
      chain(tasks.sum.s(), group(tasks.add.s(1), tasks.add.s(2)), tasks.sum.s()),
    );

    expect(await (await client.apply(outer)).get(OPTIONS)).toBe(27);
  });
});

describe('a wide workflow', () => {
  function* numbers(count: number, tasks: ReturnType<typeof tasksOf>) {
    for (let n = 0; n < count; n += 1)
      yield n % 100 === 0 ? chain(tasks.add.s(n, 1), tasks.add.s(-1)) : tasks.echo.s(n);
  }

  it('of a group sends as many as there are', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(group.from(numbers(1_000, tasks)));

    expect(await result.get(OPTIONS)).toEqual(Array.from({ length: 1_000 }, (_none, n) => n));
  });

  it('of a chord calls the body with all of them', async () => {
    const { client, tasks } = await start();
    async function* later() {
      yield* numbers(450, tasks);
    }

    const result = await client.apply(chord(group.from(later()), tasks.echo.s()));

    expect(await result.get(OPTIONS)).toEqual(Array.from({ length: 450 }, (_none, n) => n));
  });

  it('of a chord without members calls the body with none', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chord(group.from([]), tasks.echo.s()));

    expect(await result.get(OPTIONS)).toEqual([]);
  });

  it('names the member that is no signature', async () => {
    const { client, tasks } = await start();

    await expect(client.apply(group.from([tasks.add.s(1, 1), 'no' as never]))).rejects.toThrow('"members[1]"');
  });
});

describe('a workflow that fails', () => {
  it('in a chain fails all later steps, and tells who is told of the chain once', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(
      chain(tasks.add.s(1, 1), tasks.fail.si(), tasks.add.s(1)).linkError(tasks.told.s()),
    );

    expect(String(await errorOf(result))).toContain('ValueError: no');
    const failed = result.parent as AsyncResult<unknown>;
    await expect.poll(() => ran).toEqual([['told', failed.id]]);
  });

  it('in the header of a chord fails the body at once, and tells once', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(
      chord([tasks.fail.s(), tasks.fail.s(), tasks.add.s(1, 1)], tasks.sum.s()).linkError(tasks.told.s()),
    );

    expect(String(await errorOf(result))).toMatch(/^ChordError: Dependency [0-9a-f-]{36} raised ValueError\('no'\)/);
    await expect.poll(() => ran).toEqual([['told', result.id]]);
  });

  it('in a chord within a chord fails both', async () => {
    const { client, tasks } = await start();
    const inner = chord([tasks.fail.s(), tasks.add.s(1, 1)], tasks.sum.s());

    const result = await client.apply(chord([tasks.add.s(1, 1), inner], tasks.sum.s()).linkError(tasks.told.s()));

    expect(String(await errorOf(result))).toMatch(/ChordError: Dependency .* raised ChordError\(/);
    await expect.poll(() => ran).toEqual([['told', result.id]]);
  });

  it('before the last step of a header chain fails the chord', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chord([chain(tasks.fail.s(), tasks.add.s(1)), tasks.add.s(1, 1)], tasks.sum.s()));

    expect(String(await errorOf(result))).toMatch(/raised ValueError\('no'\)/);
  });

  it('since a member was revoked fails the chord', async () => {
    const { client, tasks } = await start();
    await client.revoke('gone');

    const result = await client.apply(
      chord([tasks.add.s(1, 1).set({ taskId: 'gone' }), tasks.add.s(1, 1)], tasks.sum.s()),
    );

    expect(String(await errorOf(result))).toMatch(/Dependency gone raised TaskRevokedError\('revoked'\)/);
  });

  it('since its body takes no argument is refused before it is sent', async () => {
    const { client, tasks } = await start();
    const untyped = signature('fail');

    await expect(client.apply(chord([tasks.add.s(1, 1)], untyped))).rejects.toThrow(/as the body of a chord/);
  });

  it('since its body takes no argument says so, where that was not seen before', async () => {
    const { client } = await start();
    const kwargs = { header: [{ task: 'add', args: [1, 1] }], body: { task: 'fail' } };

    const error = await errorOf(await client.send('celery.chord', [], { kwargs }));

    expect(String(error)).toMatch(/^TypeError: fail\(\) takes 0 .* as the body of chord .* send it immutable/);
  });

  it('since nobody knows the task of a member fails the chord', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chord([signature<number>('nobodys'), tasks.add.s(1, 1)], tasks.sum.s() as never));

    expect(String(await errorOf(result))).toMatch(/raised NotRegistered\(/);
  });
});

describe('a task that is replaced', () => {
  it.each([
    ['task', 3],
    ['chain', 13],
    ['group', [3, 4]],
  ])('by a %s gives its result', async (how, expected) => {
    const { client, tasks } = await start();

    const result = await tasks.replaced.delay(2, how);

    expect(await result.get(OPTIONS)).toEqual(expected);
    expect(await (await client.apply(chain(tasks.replaced.s(2, how), tasks.echo.s()))).get(OPTIONS)).toEqual(expected);
    const joined = await client.apply(chord([tasks.replaced.s(2, how), tasks.add.s(1, 1)], tasks.echo.s()));
    expect(await joined.get(OPTIONS)).toEqual([expected, 2]);
  });
});

describe('a task that adds to its chord', () => {
  it('has the body wait for what it added, after all others', async () => {
    const { client, tasks } = await start();

    const result = await client.apply(chord([tasks.adding.s(1), tasks.add.s(2, 2)], tasks.echo.s()));

    const [first, second, ...added] = (await result.get(OPTIONS)) as readonly number[];
    expect([first, second]).toEqual([1, 4]);
    expect(added.toSorted((a, b) => a - b)).toEqual([2, 13]);
  });

  it('is refused outside of one', async () => {
    const { tasks } = await start();

    await expect((await tasks.adding.delay(1)).get(OPTIONS)).rejects.toThrow(/addToChord\(\)/);
  });
});

describe('built-in tasks', () => {
  it.each([
    ['celery.map', { task: { task: 'echo' }, it: [1, 2] }, [1, 2]],
    [
      'celery.starmap',
      {
        task: { task: 'add' },
        it: [
          [1, 2],
          [3, 4],
        ],
      },
      [3, 7],
    ],
    [
      'celery.chunks',
      {
        task: { task: 'add' },
        it: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        n: 2,
      },
      [[3, 7], [11]],
    ],
    ['celery.chord', { header: [{ task: 'add', args: [1, 2] }], body: { task: 'sum' } }, 3],
    [
      'celery.group',
      { tasks: [{ task: 'add', args: [1, 2] }], result: ['g', null], group_id: 'g', partial_args: [] },
      ['g', null],
    ],
    ['celery.backend_cleanup', {}, null],
  ])('%s', async (name, kwargs, expected) => {
    const { client } = await start();

    expect(await (await client.send(name, [], { kwargs })).get(OPTIONS)).toEqual(expected);
  });

  it('celery.accumulate', async () => {
    const { client } = await start();

    expect(await (await client.send('celery.accumulate', [1, 2])).get(OPTIONS)).toEqual([1, 2]);
    expect(await (await client.send('celery.accumulate', [1, 2], { kwargs: { index: 1 } })).get(OPTIONS)).toBe(2);
  });

  it('celery.chord_unlock waits for members, then calls the body', async () => {
    const { client, tasks } = await start();
    const member = await tasks.add.delay(1, 2);
    const body = { task: 'sum', options: { task_id: 'the-body' } };

    await client.send('celery.chord_unlock', ['g', body], {
      kwargs: { result: [[[member.id, null], null]], interval: 0.01 },
    });

    expect(await client.result('the-body').get(OPTIONS)).toBe(3);
  });

  it('celery.chain is no task', async () => {
    const { client } = await start();

    await expect((await client.send('celery.chain')).get(OPTIONS)).rejects.toThrow('chain is not a real task');
  });
});
