import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../tools/free-port.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import { CeleryRig } from './celery-rig.js';

const withinMs = 15_000;
const node = `worker@${hostname()}`;

describeWithServer('redis', 'Flower', () => {
  describeWithServer('flower', 'beside a Nest worker', (python) => describeFlower(python));
});

type Answer = Readonly<Record<string, unknown>>;

function describeFlower(python: string): void {
  let rig: CeleryRig;
  let worker: WorkerProcess;
  let url: string;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python });
    const port = await freePort();
    url = `http://127.0.0.1:${port}/api`;
    const flower = rig.startProgram(
      ['-m', 'celery', '-A', 'flower_app', 'flower', '--address=127.0.0.1', `--port=${port}`],
      { FLOWER_UNAUTHENTICATED_API: 'true' },
    );
    worker = await rig.startNest(['nest'], 'prefork', { sendTaskEvents: true, poolRestarts: true });
    await flower.says(/Connected to redis/);
    // Until then Flower knows of nobody.
    await until(async () => Object.hasOwn(await get('workers?refresh=1'), node), {
      withinMs,
      what: 'it finds the worker',
      detail: () => flower.said,
    });
  });
  afterAll(() => rig?.close());

  async function get(path: string): Promise<Answer> {
    return (await (await fetch(`${url}/${path}`)).json()) as Answer;
  }

  async function post(path: string, args: Readonly<Record<string, string>> = {}): Promise<string> {
    const response = await fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(args) });
    const text = await response.text();
    return response.ok ? (JSON.parse(text) as { readonly message: string }).message : `${response.status} ${text}`;
  }

  async function ask(command: string, args: Answer = {}): Promise<unknown> {
    return (await rig.python.control(command, args, { destination: [node] }))[node];
  }

  const pids = async (): Promise<readonly number[]> =>
    ((await ask('stats')) as { readonly pool: { readonly processes: readonly number[] } }).pool.processes;

  /** Of a task, once Flower has heard of this state. */
  async function taskIn(state: string, id: string): Promise<Answer> {
    let task: Answer = {};
    await until(
      async () => {
        task = ((await get('tasks')) as Readonly<Record<string, Answer>>)[id] ?? {};
        return task['state'] === state;
      },
      { withinMs, what: `Flower shows it in ${state}`, detail: () => JSON.stringify(task) },
    );
    return task;
  }

  it('lists the worker with all that it tells of itself', async () => {
    const { [node]: found } = (await get('workers')) as Readonly<Record<string, Answer>>;

    expect(found).toMatchObject({
      registered: expect.arrayContaining(['nest.add', 'nest.wait']) as string[],
      active_queues: [{ name: 'nest' }],
      stats: { pid: worker.pid, pool: { 'max-concurrency': 2 }, broker: { transport: 'redis' } },
      conf: { worker_concurrency: 2 },
    });
    expect(await get('workers?status=1')).toEqual({ [node]: true });
  });

  it('lists its tasks', async () => {
    const id = await rig.python.send({ name: 'nest.add', args: [2, 3], options: { queue: 'nest' } });

    expect(await taskIn('SUCCESS', id)).toMatchObject({ name: 'nest.add', args: '(2, 3)', result: '5', worker: node });
  });

  it('ends a task that runs', async () => {
    const file = rig.file('never');
    const id = await rig.python.send({ name: 'nest.wait', args: [file], options: { queue: 'nest' } });
    await taskIn('STARTED', id);

    expect(await post(`task/revoke/${id}`, { terminate: 'true', signal: 'SIGKILL' })).toBe(`Revoked '${id}'`);

    expect(await taskIn('REVOKED', id)).toMatchObject({ worker: node });
    expect([await rig.python.get(id, 10), existsSync(file)]).toMatchObject([{ state: 'REVOKED' }, false]);
  });

  it('limits how often and how long tasks run', async () => {
    const limits = { workername: node, ratelimit: '7/h' };
    expect(await post('task/rate-limit/nest.greet', limits)).toBe('new rate limit set successfully');
    expect(await post('task/timeout/nest.greet', { workername: node, soft: '5', hard: '60' })).toBe(
      'time limits set successfully',
    );

    expect(await ask('registered', { taskinfoitems: ['rate_limit', 'time_limit'] })).toContain(
      'nest.greet [rate_limit=7/h time_limit=60]',
    );
  });

  it('has it take from other queues', async () => {
    expect(await post(`worker/queue/add-consumer/${node}`, { queue: 'more' })).toBe('add consumer more');
    expect(await ask('active_queues')).toMatchObject([{ name: 'nest' }, { name: 'more' }]);
    expect(await post(`worker/queue/cancel-consumer/${node}`, { queue: 'more' })).toBe('no longer consuming from more');
    expect(await ask('active_queues')).toMatchObject([{ name: 'nest' }]);
  });

  it('grows, shrinks and restarts its pool', async () => {
    expect(await post(`worker/pool/grow/${node}`, { n: '1' })).toBe(`Growing '${node}' worker's pool by 1`);
    await until(async () => (await pids()).length === 3, { withinMs, what: 'it has grown' });
    expect(await post(`worker/pool/shrink/${node}`, { n: '2' })).toBe(`Shrinking '${node}' worker's pool by 2`);
    await until(async () => (await pids()).length === 1, { withinMs, what: 'it has shrunk' });
    const before = await pids();
    expect(await post(`worker/pool/restart/${node}`)).toBe(`Restarting '${node}' worker's pool`);
    await until(async () => !(await pids()).includes(before[0] ?? 0), { withinMs, what: 'it is another' });
  });

  it('is told why not', async () => {
    expect(await post(`worker/pool/autoscale/${node}`, { min: '1', max: '3' })).toMatch(/^403 .*Autoscale not enabled/);
  });

  it('shuts it down', async () => {
    expect(await post(`worker/shutdown/${node}`)).toBe('Shutting down!');

    await until(() => worker.isOver, { withinMs, what: 'the worker has ended', detail: () => worker.tail() });
    expect((await worker.ended).code).toBe(0);
  });
}
