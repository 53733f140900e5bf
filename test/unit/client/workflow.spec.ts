import fc from 'fast-check';
import { firstValueFrom, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { resultOf, type ResultNode, type WorkflowEdge } from '../../../lib/client/index.js';
import { WorkflowTree } from '../../../lib/client/workflow-tree.js';
import { DecodeError, ResultNotStoredError, ResultTimeoutError } from '../../../lib/errors/index.js';
import { groupResultTuple, taskResultTuple, type ResultTuple } from '../../../lib/protocol/index.js';
import { setupClient } from './fakes.js';
import { ResultRig } from './result-rig.js';

const FAILED = { exc_type: 'KeyError', exc_message: ['a'], exc_module: 'builtins' };
const task = taskResultTuple;
const group = groupResultTuple;
/** split, then a group of a task and a chain, then a join, then a report: as a chord in a chain is sent. */
const header = group('h', [task('left'), task('right2', task('right1'))], task('split'));
const report = task('report', task('join', header));
const ALL = ['join', 'left', 'report', 'right1', 'right2', 'split'];

const edges = (list: readonly WorkflowEdge[]): readonly string[] =>
  list.map(({ from, to, link }) => `${from} ${link} ${to}`).sort();

async function listOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('WorkflowTree', () => {
  it('knows what comes after what, with groups in between', () => {
    const tree = new WorkflowTree();

    expect([...tree.add(report)].sort()).toEqual(ALL);
    expect([...tree.groups]).toEqual(['h']);
    expect(edges(tree.edges)).toEqual([
      'h member left',
      'h member right1',
      'join then report',
      'left then join',
      'right1 then right2',
      'right2 then join',
      'split then h',
    ]);
  });

  it('adds what a task sent, unless it is known', () => {
    const tree = new WorkflowTree();
    tree.add(task('b', task('a')));

    expect(tree.add(task('b'), 'a')).toEqual([]);
    expect(tree.add(task('c'), 'a')).toEqual(['c']);
    expect(tree.add(group('g', [task('c'), task('d')]), 'b')).toEqual(['d']);
    expect(edges(tree.edges)).toEqual(['a sent c', 'a then b', 'b sent g', 'g member c', 'g member d']);
  });

  it('takes a chain that is longer than a stack of calls', () => {
    let chain: ResultTuple = task('t0');
    for (let n = 1; n < 50_000; n++) chain = task(`t${n}`, chain);

    expect(new WorkflowTree().add(chain)).toHaveLength(50_000);
  });

  it('names every task of any tuple once, and links only what it names', () => {
    const tuples = fc.letrec<{ result: ResultTuple; parent: ResultTuple | null }>((tie) => ({
      result: fc
        .tuple(
          fc.uuid(),
          tie('parent'),
          fc.option(fc.array(tie('result'), { maxLength: 4, depthIdentifier: 't' }), { depthIdentifier: 't' }),
        )
        .map(([id, parent, members]): ResultTuple => [[id, parent], members]),
      parent: fc.option(tie('result'), { depthIdentifier: 't', maxDepth: 4 }),
    }));
    const idsOf = ([[id, parent], members]: ResultTuple): readonly string[] => [
      ...(members === null ? [id] : members.flatMap(idsOf)),
      ...(parent === null ? [] : idsOf(parent)),
    ];
    fc.assert(
      fc.property(tuples.result, (tuple) => {
        const tree = new WorkflowTree();
        const fresh = tree.add(tuple);

        expect([...fresh].sort()).toEqual([...idsOf(tuple)].sort());
        const named = new Set([...tree.tasks, ...tree.groups]);
        for (const { from, to } of tree.edges) expect(named.has(from) && named.has(to)).toBe(true);
        expect(tree.add(tuple)).toEqual([]);
      }),
    );
  });
});

describe('workflowProgress$', () => {
  const all = <T>(progress: Observable<T>): Promise<readonly T[]> => firstValueFrom(progress.pipe(toArray()));

  it('counts all steps, and grows with what they send', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('split', 'SUCCESS', 1);
    const told = all(resultOf(report, rig.source).workflowProgress$);
    await rig.pass();
    await rig.backend.put('left', 'STARTED');
    await rig.backend.put('right1', 'SUCCESS', 1);
    await rig.pass();
    await rig.backend.put('left', 'SUCCESS', 1, { children: [group('g', [task('x'), task('y')])] });
    await rig.pass();
    for (const id of ['right2', 'join', 'report', 'x']) await rig.backend.put(id, 'SUCCESS', 1);
    await rig.pass();
    await rig.backend.put('y', 'FAILURE', FAILED);
    await rig.pass();

    expect(await told).toEqual([
      { total: 6, done: 1, failed: 0, states: { SUCCESS: 1, PENDING: 5 } },
      { total: 6, done: 2, failed: 0, states: { SUCCESS: 2, PENDING: 3, STARTED: 1 } },
      { total: 8, done: 3, failed: 0, states: { SUCCESS: 3, PENDING: 5 } },
      { total: 8, done: 7, failed: 0, states: { SUCCESS: 7, PENDING: 1 } },
      { total: 8, done: 8, failed: 1, states: { SUCCESS: 7, FAILURE: 1 } },
    ]);
  });

  it('counts what follows a step that was revoked as ended: it never runs', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('split', 'REVOKED', null);

    expect((await all(resultOf(report, rig.source).workflowProgress$)).at(-1)).toEqual({
      total: 6,
      done: 6,
      failed: 6,
      states: { REVOKED: 6 },
    });
  });

  it('lets other members of a group go on when one fails', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('split', 'SUCCESS', 1);
    await rig.backend.put('right1', 'FAILURE', FAILED);
    const seen: unknown[] = [];
    const subscription = resultOf(report, rig.source).workflowProgress$.subscribe((progress) => seen.push(progress));
    await rig.pass();

    expect(seen).toEqual([{ total: 6, done: 5, failed: 4, states: { SUCCESS: 1, FAILURE: 4, PENDING: 1 } }]);
    subscription.unsubscribe();
    expect([...rig.backend.watched]).toEqual([]);
  });

  it('leaves out tasks whose results are ignored', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('b', 'SUCCESS', 1);
    const result = resultOf(task('b', task('a')), rig.source, new Set('a'));

    expect(await all(result.workflowProgress$)).toEqual([{ total: 1, done: 1, failed: 0, states: { SUCCESS: 1 } }]);
  });

  it('errors where a state cannot be read, or none is kept', async () => {
    const rig = new ResultRig(true);
    rig.backend.spoil('a', new DecodeError('spoilt'));
    await expect(all(resultOf(task('b', task('a')), rig.source).workflowProgress$)).rejects.toThrow('spoilt');

    const { client } = setupClient({ client: { backend: undefined } });
    await expect(all(client.result('a').workflowProgress$)).rejects.toThrow(ResultNotStoredError);
  });

  it('asks a backend that is polled for nothing that has ended', async () => {
    const rig = new ResultRig(false);
    await rig.backend.put('a', 'SUCCESS', 1);
    const subscription = resultOf(task('b', task('a')), rig.source).workflowProgress$.subscribe();
    await rig.pass();
    rig.backend.fetches.length = 0;
    await rig.clock.advance('5s');
    subscription.unsubscribe();

    expect(new Set(rig.backend.fetches.flat())).toEqual(new Set('b'));
  });
});

describe('graph()', () => {
  it('shows all that is known of a workflow, with states', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('split', 'SUCCESS', 1, { children: [header, task('log')] });
    await rig.backend.put('left', 'FAILURE', FAILED);

    const graph = await resultOf(report, rig.source).graph();

    expect(graph.nodes.map(({ id, kind, state }) => `${kind} ${id} ${state}`).sort()).toEqual([
      'group h undefined',
      'task join PENDING',
      'task left FAILURE',
      'task log PENDING',
      'task report PENDING',
      'task right1 PENDING',
      'task right2 PENDING',
      'task split SUCCESS',
    ]);
    expect(edges(graph.edges)).toContain('split sent log');
  });

  it('is text for Graphviz and for Mermaid', async () => {
    const rig = new ResultRig(true);
    const extended = { name: 'proj.add', args: '[]', kwargs: '{}', worker: 'w', retries: 0, queue: 'q' };
    await rig.backend.put('a', 'SUCCESS', 1, { children: [task('x"y')], extended });

    const graph = await resultOf(group('g', [task('b')], task('a')), rig.source).graph();

    expect(graph.toDot()).toBe(String.raw`digraph workflow {
  node [shape=box, style=filled];
  "a" [label="proj.add\na\nSUCCESS", fillcolor="#b7e1b0"];
  "b" [label="b\nPENDING", fillcolor="#ffffff"];
  "x\"y" [label="x\"y\nPENDING", fillcolor="#ffffff"];
  "g" [label="group g", fillcolor="#ffffff", shape=ellipse];
  "a" -> "g";
  "g" -> "b";
  "a" -> "x\"y" [style=dashed];
}
`);
    expect(graph.toMermaid()).toBe(`flowchart TD
  n0["proj.add<br/>a<br/>SUCCESS"]:::SUCCESS
  n1["b<br/>PENDING"]
  n2["x#34;y<br/>PENDING"]
  n3(["group g"])
  n0 --> n3
  n3 --> n1
  n0 -.-> n2
  classDef SUCCESS fill:#b7e1b0
  classDef FAILURE fill:#f4a6a0
  classDef REVOKED fill:#cccccc
  classDef RETRY fill:#ffd9a0
  classDef STARTED fill:#fff3a0
  classDef PROGRESS fill:#fff3a0
`);
  });
});

describe('collect() and walk()', () => {
  /** `a` sends a group of `b` and `c`; `c` sends `d`, and was retried. */
  async function sent(rig: ResultRig): Promise<void> {
    await rig.backend.put('a', 'SUCCESS', 'A', { children: [group('g', [task('b'), task('c')])] });
    await rig.backend.put('b', 'SUCCESS', 'B');
    await rig.backend.put('c', 'SUCCESS', 'C', { children: [task('c'), task('d')] });
  }
  const names = (pairs: readonly (readonly [ResultNode | undefined, ResultNode])[]) =>
    pairs.map(([parent, node]) => [parent?.id, node.id]);

  it('wait for each result, then for what it sent', async () => {
    const rig = new ResultRig(true);
    const collecting = listOf(resultOf(task('a'), rig.source).collect());
    await rig.pass();
    await sent(rig);
    await rig.pass();
    await rig.backend.put('d', 'SUCCESS', 'D');

    expect((await collecting).map(([{ id }, value]) => [id, value])).toEqual([
      ['a', 'A'],
      ['g', ['B', 'C']],
      ['b', 'B'],
      ['c', 'C'],
      ['d', 'D'],
    ]);
  });

  it('throw what a task threw, or go on with its error', async () => {
    const rig = new ResultRig(true);
    await sent(rig);
    await rig.backend.put('d', 'FAILURE', FAILED);
    const result = resultOf(task('a'), rig.source);

    await expect(listOf(result.collect())).rejects.toMatchObject({ excType: 'KeyError' });
    expect((await listOf(result.collect({ propagate: false }))).at(-1)).toEqual([
      expect.objectContaining({ id: 'd' }),
      expect.objectContaining({ excType: 'KeyError' }),
    ]);
  });

  it('end after the time for all of them together', async () => {
    const rig = new ResultRig(true);
    const collecting = listOf(resultOf(task('a'), rig.source).collect({ timeout: '10s' })).catch(
      (error: unknown) => error,
    );
    await rig.pass();
    await rig.clock.advance('7s');
    await sent(rig);
    await rig.pass();
    await rig.clock.advance('3s');

    expect(await collecting).toBeInstanceOf(ResultTimeoutError);
    expect(await collecting).toMatchObject({ taskId: 'd', timeoutMs: 3_000 });
  });

  it('give what is known by now without waiting', async () => {
    const rig = new ResultRig(true);
    const result = resultOf(task('a'), rig.source);
    expect(names(await listOf(result.walk()))).toEqual([[undefined, 'a']]);

    await sent(rig);
    expect(names(await listOf(result.walk()))).toEqual([
      [undefined, 'a'],
      ['a', 'g'],
      ['g', 'b'],
      ['g', 'c'],
      ['c', 'd'],
    ]);
  });

  it('read many in few steps', async () => {
    const rig = new ResultRig(true);
    const ids = Array.from({ length: 2_000 }, (_, n) => `t${n}`);
    await Promise.all(ids.map((id) => rig.backend.put(id, 'SUCCESS', 1)));
    const many = rig.group(ids);

    expect(await listOf(many.walk())).toHaveLength(2_001);
    expect(rig.backend.fetches).toHaveLength(2);
    rig.backend.fetches.length = 0;
    expect(await listOf(many.collect())).toHaveLength(2_001);
    expect(rig.backend.fetches.length).toBeLessThanOrEqual(4);
  });
});

describe('cancel()', () => {
  it('revokes all of a workflow that has not ended, and what is known to be sent by it', async () => {
    const rig = new ResultRig(true);
    await rig.backend.put('split', 'SUCCESS', 1, { children: [header, task('log')] });
    await rig.backend.put('left', 'SUCCESS', 1, { children: [group('g', [task('x')])] });
    await rig.backend.put('right1', 'STARTED');
    await resultOf(report, rig.source).cancel();

    expect(rig.revoked.flat().sort()).toEqual(
      ['join', 'log', 'report', 'right1', 'right2', 'workflow:g', 'workflow:h', 'workflow:split', 'x'].sort(),
    );
  });

  it('revokes all where no results are kept, with the options given', async () => {
    const { client, broker } = setupClient({ client: { backend: undefined } });
    await client.resultFromTuple(report).cancel({ terminate: true });

    expect(broker.revoked.flatMap(({ ids }) => ids).sort()).toEqual([...ALL, 'workflow:h', 'workflow:split']);
    for (const { running } of broker.revoked) expect(running).toEqual({ as: 'terminate', signal: 'SIGTERM' });
  });

  it('names the members of a large group by its id, and the first thousand as roots of what they send', async () => {
    const rig = new ResultRig(true);
    await rig.group([...Array.from({ length: 3_000 }, (_, n) => `t${n}`), task('b', task('a'))]).cancel();

    const ids = rig.revoked.flat();
    expect(ids.filter((id) => id.startsWith('workflow:t'))).toHaveLength(1_000);
    expect(ids.filter((id) => !id.startsWith('workflow:t')).sort()).toEqual(['a', 'b', 'workflow:g']);
  });
});
