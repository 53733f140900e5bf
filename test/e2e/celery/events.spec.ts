import type { ClusterTask, FollowedCluster } from 'nest-task-queue';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonMonitor } from '../../tools/python-monitor.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import { CeleryRig } from './celery-rig.js';

describeWithServer('redis', "what Celery's monitors see of a Nest worker", () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeMonitor(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeMonitor(python));
});

describeWithServer('redis', 'what a Nest application hears of a Python worker', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeHearing(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeHearing(python));
});

function describeMonitor(python: string): void {
  let rig: CeleryRig;
  let monitor: PythonMonitor;
  const hostname = 'told@box';

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    monitor = await rig.openMonitor();
    await rig.startNest(['nest'], 'prefork', { sendTaskEvents: true, name: hostname });
  });
  afterAll(() => rig?.close());

  const send = (name: string, args: readonly unknown[] = []): Promise<string> =>
    rig.python.send({ name, args, options: { queue: 'nest' } });

  it('is that it lives', async () => {
    await monitor.until(() => monitor.of({ type: 'worker-heartbeat', hostname }).length > 0, 'a heartbeat');

    expect(monitor.of({ hostname })[0]).toMatchObject({
      event: { type: 'worker-online', freq: 2, active: 0, processed: 0, sw_ident: 'nest-task-queue', sw_sys: 'Linux' },
      seen: { status: 'ONLINE', sw_ident: 'nest-task-queue' },
    });
  });

  it('is the way of a task to its success', async () => {
    const id = await send('nest.add', [2, 3]);

    expect(await monitor.typesOf(id, 3)).toEqual(['task-received', 'task-started', 'task-succeeded']);
    expect(monitor.of({ id }).at(-1)?.seen).toEqual({
      state: 'SUCCESS',
      name: 'nest.add',
      args: '(2, 3)',
      result: '5',
      runtime: expect.any(Number) as number,
      exception: null,
      worker: hostname,
    });
  });

  it('is what a task tells itself, from a process of the pool', async () => {
    const id = await send('nest.ship', [7]);

    expect(await monitor.typesOf(id, 4)).toContain('order-shipped');
    expect(monitor.of({ id, type: 'order-shipped' })).toMatchObject([{ event: { hostname, order: 7, uuid: id } }]);
  });

  it('is printed by `celery events --dump`', async () => {
    const dump = rig.startProgram(['-m', 'celery', '-A', 'interop_app', 'events', '--dump']);
    await dump.says(/told@box \[.*\] heartbeat: /); // it listens

    const id = await send('nest.add', [2, 3]);

    for (const what of ['received', 'started', 'succeeded'])
      await dump.says(new RegExp(`told@box \\[.*\\] task ${what}: nest.add\\(${id}\\) args=\\(2, 3\\)`));
  });

  it('is that nobody knows a task', async () => {
    const id = await send('no.such.task');

    expect(await monitor.typesOf(id, 1)).toEqual(['task-failed']);
    expect(monitor.of({ id })[0]).toMatchObject({
      event: { exception: "NotRegistered('no.such.task')" },
      seen: { state: 'FAILURE' },
    });
  });
}

function describeHearing(python: string): void {
  let rig: CeleryRig;
  let cluster: FollowedCluster;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python, celery: { settings: { task_send_sent_event: true } } });
    await rig.startPython([], ['-E']);
    cluster = rig.events.cluster.follow();
    await rig.events.cluster.listening();
  });
  afterAll(() => rig?.close());

  /** What is known of a task, once it has come to an end. */
  const outcome = async (name: string, args: readonly unknown[] = []): Promise<ClusterTask | undefined> => {
    const id = await rig.python.send({ name, args });
    await until(() => ['SUCCESS', 'FAILURE'].includes(cluster.state.task(id)?.state ?? ''), {
      withinMs: 10_000,
      what: `the end of ${name}`,
      detail: () => JSON.stringify(cluster.state.task(id)),
    });
    return cluster.state.task(id);
  };

  it('is that it lives, asked for when the application begins to listen', async () => {
    await until(() => cluster.state.aliveWorkers().length > 0, { withinMs: 10_000, what: 'a worker is known' });

    expect(cluster.state.aliveWorkers()).toMatchObject([{ software: 'py-celery', system: 'Linux', isAlive: true }]);
  });

  it('is the way of a task', async () => {
    const [worker] = cluster.state.aliveWorkers();

    expect(await outcome('interop.add', [2, 3])).toMatchObject({
      state: 'SUCCESS',
      name: 'interop.add',
      args: '(2, 3)',
      result: '5',
      worker: worker?.hostname,
      client: expect.stringMatching(/^gen\d+@/) as string,
      queue: 'celery',
      runtimeMs: expect.any(Number) as number,
      sentMs: expect.any(Number) as number,
      startedMs: expect.any(Number) as number,
    });
  });

  it('is printed by `task-queue events`', async () => {
    const dump = rig.startNestCommand(['events', '-b', rig.url, '-j']);
    const says = (text: string): Promise<boolean> =>
      until(() => dump.tail(200).includes(text), { withinMs: 20_000, what: text, detail: () => dump.tail() });
    await says('"type":"worker-heartbeat"'); // it listens, and has asked for one

    const id = await rig.python.send({ name: 'interop.add', args: [2, 3] });

    for (const type of ['task-sent', 'task-received', 'task-started', 'task-succeeded']) await says(`"type":"${type}"`);
    const told = dump
      .tail(200)
      .split('\n')
      .filter((line) => line.includes(id))
      .map((line) => JSON.parse(line) as { readonly type: string });
    // The client tells of its sending when it has sent: the worker may have ended the task before.
    expect(told.find(({ type }) => type === 'task-succeeded')).toMatchObject({
      id,
      result: '5',
      hostname: expect.stringMatching(/^python/) as string,
    });
    expect((await dump.stop()).code).toBe(0);
  });

  it('is the error of a task', async () => {
    expect(await outcome('interop.fail', ['no', 7])).toMatchObject({
      state: 'FAILURE',
      exception: expect.stringMatching(/^(ValueError\('no', 7\)|ExceptionWithTraceback\(\))$/) as string, // 5.2 tells its wrapper
      traceback: expect.stringContaining('Traceback (most recent call last)') as string,
    });
  });
}
