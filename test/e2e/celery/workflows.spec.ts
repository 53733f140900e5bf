import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig } from './celery-rig.js';
import { mixedWorkflows } from './mixed-workflow.js';
import { asNest, nest, py, workflowClients, type WorkflowClient } from './workflow-client.js';

describeWithServer('redis', 'workflows of Nest and Python tasks', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeWorkflows(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeWorkflows(python));
});

function describeWorkflows(python: string): void {
  let rig: CeleryRig;
  let isNewest: boolean;
  let clients: Readonly<Record<'nest' | 'python', WorkflowClient>>;
  /** Files to which bodies and last steps write each of their runs. */
  const records: string[] = [];

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    await Promise.all([rig.startPython(), rig.startNest()]);
    clients = workflowClients(rig);
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
  });
  afterAll(() => rig?.close());

  function record(name: string): string {
    records.push(name);
    return rig.file(name);
  }

  describe.each([
    ['nest', 'python'],
    ['python', 'nest'],
  ] as const)('sent by %s', (sender, other) => {
    it.each(mixedWorkflows.filter(({ onlyNest = false }) => sender === 'nest' || !onlyNest))(
      'run as $title',
      async ({ title, workflow, result }) => {
        const { id } = await clients[sender].send(workflow(record(`${sender} ${title}`)));

        expect(await clients[other].outcome(id)).toEqual({ state: 'SUCCESS', result });
        expect(await clients[sender].outcome(id)).toEqual({ state: 'SUCCESS', result });
      },
    );

    it('are a group, which the other side restores by its id', async () => {
      const members = [py('add', 1, 1), nest('add', 2, 2), py('mul', 3, 3), nest('mul', 4, 4)];
      const { id } = await clients[sender].send({ group: members }, { save: true });

      expect(await clients[other].restored(id)).toEqual([2, 4, 9, 16]);
      expect(await clients[sender].restored(id)).toEqual([2, 4, 9, 16]);
    });

    it.each([
      ['Python', py, nest],
      ['Nest', nest, py],
    ] as const)('are a chord whose last member is done by %s', async (last, late, early) => {
      const name = `${sender} last ${last}`;
      const gate = rig.file(`${name} gate`);
      const { id, parent } = await clients[sender].send({
        chord: [late('wait', gate), early('add', 1, 1)],
        body: late('append', record(name)),
      });
      await clients[other].outcome(parent?.members?.[1]?.id ?? '');
      rig.write(`${name} gate`);

      expect(await clients[other].outcome(id)).toEqual({ state: 'SUCCESS', result: ['there', 2] });
    });

    it.each([
      ['Python', py, nest],
      ['Nest', nest, py],
    ] as const)('go on after a step of %s that a group takes the place of', async (side, replaced, next) => {
      const group = { group: [py('add', 1, 1), nest('add', 2, 2)] };
      const by = side === 'Nest' ? asNest(group).toMap() : group;
      const { id } = await clients[sender].send({
        chain: [
          next('add', 0, 1),
          { ...replaced('replace'), kwargs: { by } },
          next('append', record(`${sender} by ${side}`)),
        ],
      });

      expect(await clients[other].outcome(id)).toEqual({ state: 'SUCCESS', result: [2, 4] });
    });

    it('are a chord to which a member of Python adds another', async () => {
      const { id } = await clients[sender].send({
        chord: [py('add_to_chord', 1, nest('add', 2, 2)), py('add', 5, 5), nest('add', 3, 3)],
        body: nest('append', record(`${sender} adds Python`)),
      });

      const { result } = await clients[other].outcome(id);
      expect((result as number[]).toSorted((a, b) => a - b)).toEqual([1, 4, 6, 10]);
    });

    it.each([
      ['Python', 'celery', py('xsum'), py('add')],
      ['Nest', 'nest', nest('sum'), nest('add')],
    ] as const)('are map, starmap and chunks of a task of %s', async (_, queue, sum, add) => {
      const pairs = [1, 2, 3].map((n) => [n, n]);
      const { send } = clients[sender];
      const [mapped, starred, chunked] = await Promise.all([
        send({ map: sum, it: pairs }, { queue }),
        send({ starmap: add, it: pairs }, { queue }),
        send({ chunks: add, it: pairs, n: 2 }, { queue, save: true }),
      ]);

      expect(await clients[other].outcome(mapped.id)).toEqual({ state: 'SUCCESS', result: [2, 4, 6] });
      expect(await clients[other].outcome(starred.id)).toEqual({ state: 'SUCCESS', result: [2, 4, 6] });
      expect(await clients[other].restored(chunked.id)).toEqual([[2, 4], [6]]);
    });

    it('carry their stamps, which Celery has since 5.3', async () => {
      if (!isNewest && sender === 'python') return;
      const stamps = { customer: 'acme' };
      const { id } = await clients[sender].send({
        chord: [py('request'), nest('request')],
        body: nest('append', record(`${sender} stamps`)),
        stamps,
      });

      const { result } = await clients[other].outcome(id);
      expect(result).toMatchObject([isNewest ? { stamps } : {}, { stamps, stampedHeaders: ['customer'] }]);
    });
  });

  it('go on in the queues that Nest tasks declare, where Python sends them', async () => {
    const declared = (name: string, ...args: readonly unknown[]) => ({ name: `nest.${name}`, args });
    const { id } = await clients.nest.send({
      chain: [
        py('add', 1, 1),
        declared('mul', 10),
        { chord: [py('add', 1), py('mul', 2)], body: declared('sum') },
        py('add', 1),
        declared('append', record('declared queues')),
      ],
    });

    expect(await clients.python.outcome(id)).toEqual({ state: 'SUCCESS', result: 62 });
  });

  it('ran each body and each last step once', async () => {
    const runs = await Promise.all(records.map(async (name) => [name, (await rig.lines(name, 1)).length]));

    expect(Object.fromEntries(runs)).toEqual(Object.fromEntries(records.map((name) => [name, 1])));
  });
}
