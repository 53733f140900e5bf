import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonMonitor } from '../../tools/python-monitor.js';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig } from './celery-rig.js';

describeWithServer('redis', "what Celery's monitors see of a Nest worker", () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeMonitor(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeMonitor(python));
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

  it('is that nobody knows a task', async () => {
    const id = await send('no.such.task');

    expect(await monitor.typesOf(id, 1)).toEqual(['task-failed']);
    expect(monitor.of({ id })[0]).toMatchObject({
      event: { exception: "NotRegistered('no.such.task')" },
      seen: { state: 'FAILURE' },
    });
  });
}
