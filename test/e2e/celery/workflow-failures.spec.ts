import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PythonApplied, PythonSignature, PythonWorkflow } from '../../tools/python-driver.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { CeleryRig } from './celery-rig.js';
import { nest, py, workflowClients, type WorkflowClient } from './workflow-client.js';

describeWithServer('redis', 'workflows of Nest and Python tasks that fail', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeFailures(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeFailures(python));
});

const failing = {
  python: { ...py('fail', 'boom', 3), immutable: true },
  nest: { ...nest('fail', 'own'), immutable: true },
} as const;

function describeFailures(python: string): void {
  let rig: CeleryRig;
  let clients: Readonly<Record<'nest' | 'python', WorkflowClient>>;
  let isNewest: boolean;
  /** Files that handlers write to, and how many lines they may have at the end. */
  const records = new Map<string, number>();

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    await Promise.all([rig.startPython(), rig.startNest()]);
    clients = workflowClients(rig);
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
  });
  afterAll(() => rig?.close());

  /** One of each side, which both write to a file. */
  function handlers(name: string): readonly PythonSignature[] {
    records.set(name, 2);
    return [{ ...py('on_error'), kwargs: { path: rig.file(name) } }, nest('on_error', rig.file(name))];
  }

  /** A body that shall not run. */
  function noBody(side: typeof py, name: string): PythonSignature {
    records.set(name, 0);
    return side('append', rig.file(name));
  }

  const hasEnded = (id: string | undefined): Promise<boolean> =>
    until(async () => (await rig.stored(id ?? ''))?.['date_done'] !== undefined, {
      withinMs: 15_000,
      what: `${id} is over`,
    });
  const members = ({ parent }: PythonApplied): readonly string[] => (parent?.members ?? []).map(({ id }) => id);

  describe.each(['nest', 'python'] as const)('sent by %s', (sender) => {
    it('a chord in the header of another, of which a member of Nest fails: both fail', async () => {
      const name = `inner-${sender}`;
      const sent = await clients[sender].send({
        chord: [{ chord: [failing.nest, py('add', 1, 1)], body: noBody(nest, `${name}-inner`) }, py('add', 1, 1)],
        body: noBody(py, `${name}-body`),
        link_error: handlers(name),
      });
      // Celery's newest client has the handlers called for the inner body as well.
      if (sender === 'python' && isNewest) records.set(name, 4);
      const innerBody = members(sent)[0] ?? '';

      await expectChordError(sent, innerBody, name);
      expect(await clients[sender].outcome(innerBody)).toMatchObject({ result: { type: 'ChordError' } });
    });

    describe.each(['nest', 'python'] as const)('a chord of which a member of %s fails', (side) => {
      it('first: its body fails, and its handlers are called once', async () => {
        const name = `first-${sender}-${side}`;
        const gate = `${name}-gate`;
        const sent = await clients[sender].send({
          chord: [failing[side], side === 'nest' ? py('wait', rig.file(gate)) : nest('wait', rig.file(gate))],
          body: noBody(side === 'nest' ? py : nest, `${name}-body`),
          link_error: handlers(name),
        });
        await hasEnded(members(sent)[0]);
        rig.write(gate);

        await expectChordError(sent, members(sent)[0], name);
      });

      it('last: its body fails, and its handlers are called once', async () => {
        const name = `last-${sender}-${side}`;
        const gate = `${name}-gate`;
        const late: PythonWorkflow =
          side === 'nest'
            ? { chain: [nest('wait', rig.file(gate)), failing.nest] }
            : { chain: [py('wait', rig.file(gate)), failing.python] };
        const sent = await clients[sender].send({
          chord: [side === 'nest' ? py('add', 1, 1) : nest('add', 1, 1), late],
          body: noBody(side === 'nest' ? nest : py, `${name}-body`),
          link_error: handlers(name),
        });
        await hasEnded(members(sent)[0]);
        rig.write(gate);

        await expectChordError(sent, members(sent)[1], name);
      });

      it('before the last step of its chain: the body fails, and its handlers are called once', async () => {
        const name = `early-${sender}-${side}`;
        const sent = await clients[sender].send({
          chord: [
            { chain: [failing[side], noBody(py, `${name}-py`), noBody(nest, `${name}-nest`)] },
            nest('add', 1, 1),
          ],
          body: noBody(side === 'nest' ? nest : py, `${name}-body`),
          link_error: handlers(name),
        });
        const first = sent.parent?.members?.[0]?.parent?.parent;

        // Where Celery ends the chord it names the last step of the chain instead.
        await expectChordError(sent, side === 'nest' ? first?.id : members(sent)[0], name);
      });

      it('is followed by steps that fail like it in a chain', async () => {
        const name = `chain-${sender}-${side}`;
        const sent = await clients[sender].send({
          chain: [py('add', 1, 1), failing[side], noBody(nest, `${name}-nest`), noBody(py, `${name}-python`)],
          link_error: handlers(name),
        });
        const failed = sent.parent?.parent?.id ?? '';

        const [nestStep, pythonStep] = [sent.parent?.id ?? '', sent.id];

        const outcomes = await Promise.all(
          [failed, nestStep, pythonStep].flatMap((id) => [clients.nest.outcome(id), clients.python.outcome(id)]),
        );
        const [type, args] = side === 'nest' ? ['OutOfStockError', ['no paper']] : ['ValueError', ['boom', 3]];
        expect(outcomes).toEqual(Array(6).fill({ state: 'FAILURE', result: { type, args } }));
        expect((await rig.lines(name, 2)).map(({ id }) => id)).toEqual([failed, failed]);
      });
    });
  });

  it('calls each handler once, and no body, in all of this', async () => {
    const counts = await Promise.all([...records].map(async ([name]) => [name, (await rig.lines(name, 0)).length]));

    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(records));
  });

  async function expectChordError(sent: PythonApplied, failedId: string | undefined, name: string): Promise<void> {
    const outcomes = await Promise.all([clients.nest.outcome(sent.id), clients.python.outcome(sent.id)]);
    expect(outcomes).toEqual(
      Array(2).fill({
        state: 'FAILURE',
        result: { type: 'ChordError', args: [expect.stringContaining(`Dependency ${failedId} raised `)] },
      }),
    );
    const lines = await rig.lines(name, records.get(name) ?? 0);
    expect(lines.filter(({ id }) => id === sent.id)).toHaveLength(2);
  }
}
