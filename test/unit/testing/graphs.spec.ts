import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { chain, chord, graph, group } from '../../../lib/canvas/index.js';
import { TaskClient } from '../../../lib/client/index.js';
import { TaskQueueModule } from '../../../lib/nest/index.js';
import { Task } from '../../../lib/tasks/index.js';
import { createTaskQueueTesting, type TaskQueueTesting } from '../../../lib/testing/index.js';
import { compile } from './rig.js';

const called: string[] = [];

@Injectable()
class Nodes {
  @Task({ name: 'nodes.one' })
  one(): number {
    called.push('one');
    return 1;
  }
  @Task({ name: 'nodes.add' })
  add(a: number, b: number): number {
    called.push(`add ${a} ${b}`);
    return a + b;
  }
  @Task({ name: 'nodes.sum' })
  sum(values: readonly number[]): number {
    called.push(`sum ${values.join()}`);
    return values.reduce((sum, each) => sum + each, 0);
  }
  @Task({ name: 'nodes.fail' })
  fail(...given: unknown[]): number {
    called.push(`fail ${given.length}`);
    throw new Error('no');
  }
  @Task({ name: 'nodes.note' })
  note(given: unknown, as = 'note'): void {
    called.push(`${as} ${JSON.stringify(given)}`);
  }
}

const opened: TaskQueueTesting[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((testing) => testing.close()));
});

async function open() {
  called.length = 0;
  const testing = createTaskQueueTesting();
  opened.push(testing);
  const module = await compile(testing, { imports: [TaskQueueModule.forRoot()], providers: [Nodes] });
  const client = module.get(TaskClient);
  return { client, nodes: client.for(Nodes), settled: () => testing.runUntilIdle() };
}

describe('a graph', () => {
  it('calls a node with the result that it waits for, or with the list of several', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        start: nodes.one.s(),
        left: { after: 'start', run: nodes.add.s(10) },
        right: { after: 'start', run: nodes.add.s(20) },
        both: { after: ['right', 'left'], run: nodes.sum.s() },
        end: { after: 'both', run: nodes.add.s(100) },
      }),
    );
    await settled();

    expect(await result.get()).toEqual({ start: 1, left: 11, right: 21, both: 32, end: 132 });
    expect(called.toSorted()).toEqual(['add 1 10', 'add 1 20', 'add 32 100', 'one', 'sum 21,11']);
  });

  it('runs each node of a dense graph once', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        a: nodes.one.s(),
        b: nodes.add.s(1, 1),
        c: { after: ['a', 'b'], run: nodes.sum.s() },
        d: { after: ['b', 'a'], run: nodes.sum.s() },
        e: { after: ['c', 'd', 'a'], run: nodes.sum.s() },
        f: { after: ['c'], run: nodes.sum.s() },
        g: { after: ['e', 'f'], run: nodes.sum.s() },
      }),
    );
    await settled();

    expect(await result.get()).toEqual({ a: 1, b: 2, c: 3, d: 3, e: 7, f: 3, g: 10 });
    expect(called).toHaveLength(7);
  });

  it('has any workflow as a node', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        pair: group(nodes.one.s(), nodes.add.s(1, 1)),
        steps: { after: 'pair', run: chain(nodes.sum.s(), nodes.add.s(1)) },
        joined: { after: 'steps', run: chord([nodes.add.s(1), nodes.add.s(2)], nodes.sum.s()) },
        all: { after: ['pair', 'joined', 'steps'], run: nodes.note.s('all') },
      }),
    );
    await settled();

    expect(await result.get()).toEqual({ pair: [1, 2], steps: 4, joined: 11, all: null });
    expect(called).toContain('all [[1,2],11,4]');
  });

  it('fails all that comes after what fails, and nothing else', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        start: nodes.one.s(),
        broken: { after: 'start', run: nodes.fail.s() },
        aside: { after: 'start', run: nodes.add.s(1) },
        single: { after: 'broken', run: nodes.add.s(1).onError(nodes.note.s('single')) },
        other: { after: 'broken', run: nodes.add.s(2) },
        join: { after: ['single', 'aside'], run: nodes.sum.s().onError(nodes.note.s('join')) },
        late: { after: ['join', 'other'], run: nodes.sum.s().onError(nodes.note.s('late')) },
        fine: { after: ['aside', 'start'], run: nodes.sum.s() },
      }),
    );
    await settled();

    const { broken, single, other, join, late, fine } = result.nodes;
    for (const each of [broken, single, other]) expect(String(await each.get({ propagate: false }))).toContain('no');
    for (const each of [join, late])
      expect(String(await each.get({ propagate: false }))).toMatch(/^ChordError: Depend/);
    expect(String(await join.get({ propagate: false }))).toContain(broken.id);
    expect(await fine.get()).toBe(3);
    expect(called.filter((each) => each.startsWith('join') || each.startsWith('late'))).toHaveLength(2);
    expect(called.filter((each) => each.startsWith('single'))).toEqual([]);
    expect(called).toHaveLength(6);
  });

  it('is refused before anything of it is sent where a node takes nothing of what it waits for', async () => {
    const { client, nodes, settled } = await open();

    const sent = client.apply(graph({ a: nodes.one.s(), b: { after: 'a', run: nodes.one.s() as never } }));

    await expect(sent).rejects.toThrow('as node "b" of a graph, which is called with the result of "a" first');
    await settled();
    expect(called).toEqual([]);
  });
});
