import { Injectable } from '@nestjs/common';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { chain, chord, graph, group, type GraphNode } from '../../../lib/canvas/index.js';
import { TaskClient, type AsyncResult, type GraphResult } from '../../../lib/client/index.js';
import { Ctx, Task, TaskContext, type Injected } from '../../../lib/tasks/index.js';
import { openWith } from './rig.js';

const called: string[] = [];

@Injectable()
class Nodes {
  constructor(private readonly tasks: TaskClient) {}

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
  @Task({ name: 'nodes.last' })
  last(values: readonly number[]): number {
    called.push('last');
    return values.at(-1) ?? 0;
  }
  @Task({ name: 'nodes.replaced' })
  replaced(@Ctx() context: TaskContext): number[] {
    const { one, add } = this.tasks.for(Nodes);
    return context.replace(group(one.s(), add.s(1, 2)));
  }
  @Task({ name: 'nodes.root' })
  root(@Ctx() { request }: Injected<TaskContext>, ..._given: unknown[]): string {
    called.push(`root ${request.rootId}`);
    return request.rootId ?? '';
  }
  @Task({ name: 'nodes.sender' })
  async sender(): Promise<void> {
    const { root } = this.tasks.for(Nodes);
    await this.tasks.apply(graph({ a: root.s(), b: { after: ['a'], run: root.s() } }));
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

async function open() {
  called.length = 0;
  const { client, settled } = await openWith([Nodes]);
  return { client, nodes: client.for(Nodes), settled };
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

  it.each([
    ['its nodes alone', 'Object', (client: TaskClient, it: unknown) => client.apply({ it } as never)],
    ['a task that was not called', 'Object', (client: TaskClient) => client.apply(client.for(Nodes).one as never)],
    ['itself among signatures', 'TaskGraph', (client: TaskClient, it: unknown) => client.sendMany([it as never])],
  ])('is not taken for %s', async (_what, given, send) => {
    const { client, nodes } = await open();

    const sent = send(client, graph({ a: nodes.one.s() }));

    await expect(sent).rejects.toThrow(
      /"workflow" of a signature to be a signature, such as .*; what graph\(\) .* is sent by apply\(\) alone, got /,
    );
    await expect(sent).rejects.toThrow(`got ${given} (object)`);
  });

  it('grows with its nodes alone, however densely they are tied', async () => {
    const { client, nodes, settled } = await open();
    const layers = 40;
    const made: Record<string, GraphNode> = { a0: nodes.one.s(), b0: nodes.one.s() };
    for (let at = 1; at < layers; at += 1) {
      const after = [`a${at - 1}`, `b${at - 1}`];
      made[`a${at}`] = { after, run: nodes.last.s() };
      made[`b${at}`] = { after, run: nodes.last.s() };
    }

    const result = await client.apply(graph(made));
    await settled();

    expect(await result.nodes[`b${layers - 1}`]?.get()).toBe(1);
    expect(called).toHaveLength(2 * layers);
  });

  it.each([
    ['a list', (name: string) => [name]],
    ['one', (name: string) => name],
  ])('grows with its nodes alone where groups wait for %s, one after the other', async (_what, after) => {
    const { client, nodes, settled } = await open();
    const made: Record<string, GraphNode> = { n0: nodes.one.s() };
    for (let at = 1; at <= 10; at += 1) {
      const members = Array.from({ length: 6 }, () => nodes.note.s(`n${at}`));
      made[`n${at}`] = { after: after(`n${at - 1}`), run: group(...members) };
    }

    const result = await client.apply(graph(made));
    await settled();

    expect(await result.nodes['n10']?.get()).toEqual(Array(6).fill(null));
    expect(called).toHaveLength(61);
  });

  it('can have a long path and a wide join', async () => {
    const { client, nodes, settled } = await open();
    const [length, width] = [150, 1_000];
    const made: Record<string, GraphNode> = { n0: nodes.one.s() };
    for (let at = 1; at < length; at += 1) made[`n${at}`] = { after: `n${at - 1}`, run: nodes.add.s(1) };
    for (let at = 0; at < width; at += 1) made[`w${at}`] = { after: 'n0', run: nodes.add.s(at) };
    made['all'] = { after: Array.from({ length: width }, (_none, at) => `w${at}`), run: nodes.sum.s() };

    const result = await client.apply(graph(made));
    await settled();

    expect(await result.nodes[`n${length - 1}`]?.get()).toBe(length);
    expect(await result.nodes['all']?.get()).toBe(width + (width * (width - 1)) / 2);
  });

  it('fails what comes after a node that fails also where no error of it is stored', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        broken: nodes.fail.si().set({ ignoreResult: true }),
        left: { after: 'broken', run: nodes.add.s(1) },
        right: { after: 'broken', run: nodes.add.s(2) },
        join: { after: ['left', 'right'], run: nodes.sum.s() },
      }),
    );
    await settled();

    const error = `Task ${result.nodes.broken.id} failed, and its error is not stored`;
    expect(String(await result.nodes.left.get({ propagate: false }))).toContain(error);
    expect(String(await result.nodes.join.get({ propagate: false }))).toContain(error);
  });

  it('fails what comes after a node of another worker also where that cannot be sent', async () => {
    const { client, settled } = await open();
    const step = (id: string, options: object) => ({
      run: { task: 'nodes.add', args: [1], kwargs: {}, options: { task_id: id, ...options } },
      next: [],
    });
    const steps = [step('whole', {}), step('broken', { countdown: 'soon' })];

    await client.send('celery.graph_next', [1], { kwargs: { steps, next: [{ to: 0 }, { to: 1 }], queue: 'celery' } });
    await settled();

    for (const id of ['whole', 'broken']) {
      expect(String(await client.result(id).get({ propagate: false }))).toContain('"options.countdown"');
    }
    expect(called).toEqual([]);
  });

  it('tells what comes after a node that is revoked', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        start: nodes.one.s().set({ countdown: '1h' }),
        left: { after: 'start', run: nodes.add.s(1) },
        right: { after: 'start', run: nodes.add.s(2) },
        join: { after: ['left', 'right'], run: nodes.sum.s() },
      }),
    );
    await result.nodes.start.revoke();
    await settled();

    expect(await statesOf(result)).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'FAILURE']);
    expect(called).toEqual([]);
  });

  it('is cancelled as a whole', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        first: nodes.one.s().set({ countdown: '1h' }),
        second: nodes.one.s().set({ countdown: '2h' }),
        sum: { after: ['first', 'second'], run: nodes.sum.s() },
      }),
    );
    await result.cancel();
    await settled();

    expect((await statesOf(result)).slice(0, 2)).toEqual(['REVOKED', 'REVOKED']);
    expect(await result.ready()).toBe(true);
    expect(called).toEqual([]);
  });

  it('is cancelled by its id, with what is sent later', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        start: nodes.one.s().set({ countdown: '1h' }),
        left: { after: 'start', run: nodes.add.s(1) },
        right: { after: 'start', run: nodes.add.s(2) },
        aside: nodes.one.s().set({ countdown: '1h' }),
        join: { after: ['left', 'right'], run: nodes.sum.s() },
      }),
    );
    await client.cancel(result.id);
    await settled();

    expect(await statesOf(result)).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', 'FAILURE']);
    expect(called).toEqual([]);
  });

  it('tells how far it is, by the names of its nodes', async () => {
    const { client, nodes, settled } = await open();
    const result = await client.apply(
      graph({
        start: nodes.one.s(),
        broken: { after: 'start', run: nodes.fail.s() },
        fine: { after: 'start', run: nodes.add.s(1) },
      }),
    );
    const before = (await result.graph()).toMermaid();
    await settled();

    const ends: string[] = [];
    for await (const { name, state } of result.iterate()) ends.push(`${name} ${state}`);
    expect(ends.toSorted()).toEqual(['broken FAILURE', 'fine SUCCESS', 'start SUCCESS']);
    expect(await lastValueFrom(result.progress$)).toEqual({ total: 3, done: 3, failed: 1 });
    expect(before).toContain(`n1["broken<br/>${result.nodes.broken.id}<br/>PENDING"]`);
    expect((await result.graph()).toMermaid()).toContain(`n1["broken<br/>${result.nodes.broken.id}<br/>FAILURE"]`);
    expect(before).toContain('n0 --> n1');
    expect([await result.successful(), await result.failed()]).toEqual([false, true]);
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      id: result.id,
      nodes: Object.fromEntries(Object.entries(result.nodes).map(([name, { id }]) => [name, id])),
    });
    expect(await client.resultFromTuple(result.toTuple()).get({ propagate: false })).toMatchObject([1, {}, 2]);
  });

  it('has what takes the place of a node in its place', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        start: nodes.replaced.s(),
        left: { after: 'start', run: nodes.sum.s() },
        right: { after: 'start', run: nodes.sum.s() },
        join: { after: ['left', 'right'], run: nodes.sum.s() },
      }),
    );
    await settled();

    expect(await result.get()).toEqual({ start: [1, 3], left: 4, right: 4, join: 8 });
  });

  it('tells its tasks one root, that of the task that sent it where one did', async () => {
    const { client, nodes, settled } = await open();

    const result = await client.apply(
      graph({
        a: nodes.root.s(),
        b: { after: 'a', run: nodes.root.s() },
        c: { after: ['a', 'b'], run: nodes.root.s() },
      }),
    );
    const sender = await client.send<readonly string[]>('nodes.sender');
    await settled();

    expect(await result.get()).toEqual({ a: result.id, b: result.id, c: result.id });
    expect(called.toSorted()).toEqual(
      [...Array<string>(3).fill(`root ${result.id}`), ...Array<string>(2).fill(`root ${sender.id}`)].toSorted(),
    );
  });
});

async function statesOf({ tasks }: GraphResult): Promise<readonly string[]> {
  return Promise.all([...tasks].map((node) => (node as AsyncResult).state()));
}
