import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonWorker } from '../../tools/python-worker.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import { CeleryRig } from './celery-rig.js';
import { differencesOf } from './reply-shapes.js';

describeWithServer('redis', 'a fleet of Python and Nest workers', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeFleet(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeFleet(python));
});

function describeFleet(python: string): void {
  let rig: CeleryRig;
  let nest: WorkerProcess;
  let later: PythonWorker;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    await rig.startPython();
    await rig.python.revoke('revoked-before');
    await until(async () => (await rig.control.inspect.revoked()).replies.size > 0, {
      withinMs: 10_000,
      what: 'the Python worker knows of the revocation',
    });
    nest = await rig.startNest();
    later = await rig.startPython([], ['-P', 'prefork', '--autoscale=5,1']);
  });
  afterAll(() => rig?.close());

  it('tells a Nest worker that starts what was revoked before', async () => {
    const id = await rig.python.send({
      name: 'nest.add',
      args: [1, 2],
      options: { queue: 'nest', task_id: 'revoked-before' },
    });

    expect((await rig.python.get(id, 20)).state).toBe('REVOKED');
  });

  it('tells a Python worker that starts as well, by way of the Nest worker too', async () => {
    expect(readFileSync(later.logFile, 'utf8')).toMatch(/mingle: sync with 2 nodes[^]*mingle: sync complete/);
    const { replies } = await rig.control.inspect.revoked();
    expect([...replies.values()]).toEqual([['revoked-before'], ['revoked-before'], ['revoked-before']]);
  });

  // Told to all, one of two could end a Python worker: alone, or with one other, it dies of its own IndexError when it hears its own candidature first.
  it('holds an election of the Nest workers among it, and the one that leads acts', async () => {
    const nests = [`worker@${hostname()}`, `second@${hostname()}`];
    await rig.startNest(['nest'], 'async', { name: 'second@%h', autoscale: { min: 1, max: 5 } });
    const cluster = rig.events.cluster.follow();
    await rig.events.cluster.listening();
    await rig.control.heartbeat(); // all hear of one another now
    await until(() => cluster.state.aliveWorkers().length === 4, {
      withinMs: 10_000,
      what: 'all have told of themselves',
    });
    const answered = new Set<string>();
    const subscription = rig.events.cluster
      .of('worker-elect-ack')
      .subscribe(({ hostname: name }) => answered.add(name));

    for (const n of [1, 2, 3]) {
      const action = { task: 'nest.append', args: [n, rig.file('led')], options: { queue: 'nest' } };
      await rig.python.control('election', { id: `election ${n}`, topic: 'task', action }, { destination: nests });
    }

    expect(new Set((await rig.lines('led', 3)).map(({ value }) => value))).toEqual(new Set([1, 2, 3]));
    await until(() => answered.size === 4, { withinMs: 10_000, what: 'all have answered' });
    expect((await rig.control.inspect.ping()).replies.size).toBe(4);
    expect(nest.tail(1_000).match(/Elected for /g)).toHaveLength(3); // of either: they share a log
    subscription.unsubscribe();
    cluster.close();
  });

  it('starts without a warning on either side', () => {
    const lines = [readFileSync(later.logFile, 'utf8'), nest.tail(1_000)].join('\n').split('\n');
    const ofFleet = lines.filter((line) => !line.includes('keeps nothing on disk')); // which is of this Redis

    expect(ofFleet.filter((line) => /\b(WARN(ING)?|ERROR|CRITICAL|Traceback)\b/.test(line))).toEqual([]);
  });

  it('has those autoscale otherwise that do, on either side', async () => {
    const destination = [...(await rig.control.inspect.ping()).replies.keys()];
    const { printed } = await rig.python.celery(
      'control',
      '-t',
      '5',
      '-d',
      destination.join(),
      '-j',
      'autoscale',
      '3',
      '2',
    );
    const replies = Object.values(
      Object.assign({}, ...(JSON.parse(printed.slice(printed.indexOf('['))) as object[])) as object,
    );

    expect(replies).toHaveLength(4);
    expect(replies.filter(({ ok }: { ok?: string }) => ok === 'autoscale now max=3 min=2')).toHaveLength(2);
    expect(
      replies.filter(({ error }: { error?: string }) => error === "ValueError('Autoscale not enabled')"),
    ).toHaveLength(2);
    const stats = Object.values(await rig.python.control('stats', {}, { destination })) as { autoscaler?: object }[];
    const [one, other] = stats.flatMap(({ autoscaler }) => autoscaler ?? []);
    expect(one).toMatchObject({ max: 3, min: 2 });
    expect(other).toMatchObject({ max: 3, min: 2 });
    expect(differencesOf(one, other)).toEqual([]);
  });
}
