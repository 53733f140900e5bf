import { afterAll, beforeAll, expect, it } from 'vitest';
import { graph, type GraphNode, type GraphResult } from 'nest-task-queue';
import type { PythonSignature } from '../../tools/python-driver.js';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig } from './celery-rig.js';
import { asNest, nest, py, workflowClients, type WorkflowClient } from './workflow-client.js';

describeWithServer('redis', 'graphs of Nest and Python tasks', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeGraphs(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeGraphs(python));
});

type Node = PythonSignature | { readonly after: string | readonly string[]; readonly run: PythonSignature };

function describeGraphs(python: string): void {
  let rig: CeleryRig;
  let reader: WorkflowClient;
  /** Files that bodies and handlers write to, and how many lines they have at the end. */
  const records = new Map<string, number>();

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    await Promise.all([rig.startPython(), rig.startNest()]);
    reader = workflowClients(rig).python;
  });
  afterAll(() => rig?.close());

  function send(nodes: Readonly<Record<string, Node>>, failed: Readonly<Record<string, string>> = {}) {
    const made = Object.entries(nodes).map(([name, node]): [string, GraphNode] => {
      const told = failed[name];
      const signature = (of: PythonSignature) => {
        const bare = asNest(of);
        if (told === undefined) return bare;
        const handlers = [{ ...py('on_error'), kwargs: { path: rig.file(told) } }, nest('on_error', rig.file(told))];
        return handlers.reduce((each, handler) => each.onError(asNest(handler)), bare);
      };
      return [name, 'run' in node ? { after: node.after, run: signature(node.run) } : signature(node)];
    });
    return rig.nest.apply(graph(Object.fromEntries(made)));
  }

  function record(name: string, count: number): string {
    records.set(name, count);
    return rig.file(name);
  }

  /** How the nodes ended, as Python reads it. */
  async function outcomes({ nodes }: GraphResult): Promise<Readonly<Record<string, unknown>>> {
    const ends = Object.entries(nodes).map(async ([name, { id }]) => {
      const { state, result } = await reader.outcome(id);
      return [name, state === 'SUCCESS' ? result : (result as { readonly type: string }).type];
    });
    return Object.fromEntries(await Promise.all(ends));
  }

  it.each([
    ['Python', py, nest],
    ['Nest', nest, py],
  ] as const)('go on where %s runs what leads to several', async (side, own, other) => {
    const sum = (of: typeof py) => of(of === py ? 'xsum' : 'sum');
    const result = await send({
      start: own('add', 1, 1),
      own: { after: 'start', run: own('add', 10) },
      other: { after: 'start', run: other('add', 20) },
      both: { after: ['own', 'other'], run: sum(own) },
      again: { after: ['other', 'start', 'own'], run: sum(other) },
      single: { after: 'both', run: other('mul', 2) },
      end: { after: ['single', 'again'], run: own('append', record(`end ${side}`, 1)) },
    });

    expect(await outcomes(result)).toEqual({
      start: 2,
      own: 12,
      other: 22,
      both: 34,
      again: 36,
      single: 68,
      end: [68, 36],
    });
    expect(await result.get({ timeout: '10s' })).toMatchObject({ end: [68, 36] });
  });

  it.each([
    ['Python', { ...py('fail', 'boom', 3), immutable: true }, 'ValueError'],
    ['Nest', { ...nest('fail', 'own'), immutable: true }, 'OutOfStockError'],
  ] as const)('end where %s fails in what leads to several', async (side, failing, error) => {
    const told = `told ${side}`;
    record(told, 2);
    const result = await send(
      {
        start: py('add', 1, 1),
        broken: { after: 'start', run: failing },
        left: { after: 'broken', run: nest('append', record(`left ${side}`, 0)) },
        right: { after: 'broken', run: py('append', record(`right ${side}`, 0)) },
        fine: { after: 'start', run: nest('add', 1) },
        join: { after: ['left', 'fine', 'right'], run: py('append', record(`join ${side}`, 0)) },
        last: { after: ['join'], run: nest('append', record(`last ${side}`, 0)) },
      },
      { join: told },
    );

    expect(await outcomes(result)).toEqual({
      start: 2,
      broken: error,
      left: error,
      right: error,
      fine: 3,
      join: 'ChordError',
      last: 'ChordError',
    });
    expect((await rig.lines(told, 2)).map(({ id }) => id)).toEqual(Array(2).fill(result.nodes['join']?.id));
    const join = await result.nodes['join']?.get({ propagate: false });
    expect(String(join)).toContain(`Dependency ${result.nodes['broken']?.id} raised ${error}(`);
  });

  it('call each handler and each last node once', async () => {
    const counts = await Promise.all([...records].map(async ([name]) => [name, (await rig.lines(name, 0)).length]));

    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(records));
  });
}
