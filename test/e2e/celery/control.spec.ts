import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { taskQueueCommand } from '../../tools/programs.js';
import { runCommand, type CommandResult } from '../../tools/run-command.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import { CeleryRig } from './celery-rig.js';
import { describeEveryCommand } from './every-command.js';

describeWithServer('redis', 'remote control of a Nest worker by Python', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeControl(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeControl(python));
});

const withinMs = 10_000;
const node = `worker@${hostname()}`;
const soon = { timeout: '20s' } as const;

type Reply = Readonly<Record<string, never>>;

function describeControl(python: string): void {
  let rig: CeleryRig;
  let worker: WorkerProcess;
  let pythonNode: string;
  let isNewest: boolean;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python, celery: { settings: { worker_pool_restarts: true } } });
    const [started] = await Promise.all([
      rig.startNest(['nest'], 'prefork', { prefetchMultiplier: 2, poolRestarts: true }),
      rig.startPython([], ['-P', 'prefork', '-c', '2']),
    ]);
    worker = started;
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
    const nodes = Object.keys(await rig.python.control('ping', {}, { limit: 2 }));
    pythonNode = nodes.find((each) => each !== node) ?? '';
    expect(nodes).toContain(node);
  });
  afterAll(() => rig?.close());

  /** What the Nest worker replies. */
  async function ask(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return (await rig.python.control(command, args, { destination: [node] }))[node];
  }

  async function runWaiting(name: string): Promise<{ readonly id: string; readonly finish: () => void }> {
    const file = rig.file(name);
    const { id } = await rig.nest.send('nest.wait', [file], { queue: 'nest' });
    await until(async () => ((await ask('active')) as Reply[]).some((each) => each['id'] === id), {
      withinMs,
      what: `${name} runs`,
    });
    return { id, finish: () => writeFileSync(file, '') };
  }

  it('is found beside a Python worker, by name and by pattern', async () => {
    const both = { [node]: { ok: 'pong' }, [pythonNode]: { ok: 'pong' } };

    expect(await rig.python.control('ping', {}, { limit: 2 })).toEqual(both);
    expect(await rig.python.control('ping', {}, { destination: [node, pythonNode] })).toEqual(both);
    const glob = { pattern: 'w?rker@*', matcher: 'glob', limit: 1 };
    expect(await rig.python.control('ping', {}, glob)).toEqual({ [node]: { ok: 'pong' } });
    const pcre = { pattern: 'work', matcher: 'pcre', limit: 1 };
    expect(await rig.python.control('ping', {}, pcre)).toEqual({ [node]: { ok: 'pong' } });
  });

  it('shows what runs, what waits and what is to come, with what it was called with', async () => {
    const { id, finish } = await runWaiting('shown');
    const later = await rig.nest.send('nest.add', [4, 5], { queue: 'nest', countdown: '1h' });
    const info = {
      id,
      name: 'nest.wait',
      args: [rig.file('shown')],
      kwargs: {},
      type: 'nest.wait',
      hostname: node,
      time_start: expect.any(Number) as number,
      acknowledged: false,
      delivery_info: { exchange: '', routing_key: 'nest', priority: 0, redelivered: false },
      worker_pid: expect.any(Number) as number,
    };

    expect(await ask('active')).toEqual([info]);
    expect(await ask('query_task', { ids: [id, 'unknown'] })).toEqual({ [id]: ['active', info] });
    expect(await ask('active', { safe: true })).toMatchObject([{ args: `('${rig.file('shown')}',)`, kwargs: '{}' }]);
    await until(async () => ((await ask('scheduled')) as unknown[]).length === 1, {
      withinMs,
      what: 'It is scheduled',
    });
    expect(await ask('scheduled')).toMatchObject([
      {
        eta: expect.stringMatching(/\+00:00$/),
        priority: 6,
        request: { id: later.id, args: [4, 5], time_start: null },
      },
    ]);
    const stats = (await ask('stats')) as { readonly pool: { readonly processes: readonly number[] } };
    expect(stats).toMatchObject({ pid: worker.pid, total: { 'nest.wait': 1 }, broker: { transport: 'redis' } });
    expect(stats.pool.processes).toHaveLength(2);
    expect(JSON.stringify(stats)).not.toContain('password');
    finish();
    await rig.nest.revoke(later.id);
  });

  it('tells its tasks, its settings and its memory', async () => {
    expect(await ask('registered')).toContain('nest.add');
    expect(await ask('registered', { taskinfoitems: ['serializer'] })).toContain('nest.add [serializer=json]');
    expect(await ask('conf')).toMatchObject({ broker_url: expect.stringMatching(/^redis:/), worker_concurrency: 2 });
    expect(await ask('memsample')).toMatch(/^[\d.]+MB$/);
    expect(await ask('memdump')).toMatch(/^- rss \(sample\):/);
  });

  it('keeps a revoked task from running, tells who waits, and shows the revocation', async () => {
    const { id } = await rig.nest.send('nest.add', [1, 2], { queue: 'nobody', taskId: `revoked-${isNewest}` });

    expect(await ask('revoke', { task_id: [id] })).toEqual({ ok: `tasks {'${id}'} flagged as revoked` });

    expect(await ask('revoked')).toContain(id);
    expect((await rig.stored(id))?.['status']).toBe('REVOKED');
    expect(await rig.python.get(id)).toMatchObject({ state: 'REVOKED' });
    const synced = (await ask('hello', { from_node: 'other@host', revoked: { 'from afar': [1.5, 'from afar'] } })) as {
      readonly revoked: readonly string[];
    };
    expect(synced.revoked).toEqual(expect.arrayContaining([id, 'from afar']));
  });

  it('ends a task that runs, and its sender is told', async () => {
    const { id } = await runWaiting('terminated');

    expect(await ask('revoke', { task_id: id, terminate: true, signal: 'SIGKILL' })).toEqual({
      ok: `terminate: ${id}`,
    });

    await expect(rig.nest.result(id).get(soon)).rejects.toThrow(/terminated/);
    expect(await ask('terminate', { signal: 'TERM', task_id: 'unknown' })).toEqual({ ok: 'terminate: tasks unknown' });
  });

  it('takes from further queues, and no more', async () => {
    expect(await ask('add_consumer', { queue: 'extra' })).toEqual({ ok: 'add consumer extra' });
    expect(((await ask('active_queues')) as Reply[]).map(({ name }) => name)).toEqual(['nest', 'extra']);
    const result = await rig.nest.send('nest.add', [2, 3], { queue: 'extra' });
    expect(await result.get(soon)).toBe(5);

    expect(await ask('cancel_consumer', { queue: 'extra' })).toEqual({ ok: 'no longer consuming from extra' });
    expect(((await ask('active_queues')) as Reply[]).map(({ name }) => name)).toEqual(['nest']);
  });

  it('limits the time of a task from now on', async () => {
    const limit = (task: string, hard: number | null) => ask('time_limit', { task_name: task, hard, soft: null });

    expect(await limit('nest.nothing', 1)).toEqual({ error: 'unknown task' });
    expect(await limit('nest.wait', 0.2)).toEqual({ ok: 'time limits set successfully' });
    const late = await rig.nest.send('nest.wait', [rig.file('never')], { queue: 'nest' });
    await expect(late.get(soon)).rejects.toThrow(/200 ms|0\.2/);
    expect(await limit('nest.wait', null)).toEqual({ ok: 'time limits set successfully' });
  });

  it('limits how many of a task begin, and shows it', async () => {
    const limit = (rate: string | number) => ask('rate_limit', { task_name: 'nest.greet', rate_limit: rate });

    expect(await limit('2/h')).toEqual({ ok: 'new rate limit set successfully' });
    expect(await ask('registered')).toContain('nest.greet [rate_limit=2/h]');
    expect(await limit('bad')).toEqual({
      error: 'Invalid rate limit string: ValueError("could not convert string to float: \'bad\'")',
    });
    expect(await limit(0)).toEqual({ ok: 'rate limit disabled successfully' });
    expect(await ask('registered')).toContain('nest.greet');
  });

  it('grows and shrinks', async () => {
    const processes = async (): Promise<number> =>
      ((await ask('stats')) as { readonly pool: { readonly processes: readonly number[] } }).pool.processes.length;
    expect(await ask('pool_grow', { n: 1 })).toEqual({ ok: 'pool will grow' });
    await until(async () => (await processes()) === 3, { withinMs, what: 'It has grown' });
    expect(await ask('pool_shrink', { n: 1 })).toEqual({ ok: 'pool will shrink' });
    await until(async () => (await processes()) === 2, { withinMs, what: 'It has shrunk' });
    expect(await ask('autoscale', { max: 3, min: 1 })).toEqual({ error: "ValueError('Autoscale not enabled')" });
  });

  it('switches its events on and off', async () => {
    expect(await ask('disable_events')).toEqual({ ok: 'task events already disabled' });
    expect(await ask('enable_events')).toEqual({ ok: 'task events enabled' });
    expect(await ask('disable_events')).toEqual({ ok: 'task events disabled' });
    expect(await ask('heartbeat')).toBeNull();
  });

  it('refuses as a Python worker does', async () => {
    const commands = [
      ['no_such_command', {}],
      ['terminate', {}],
      ['revoke', {}],
      ['autoscale', { most: 3 }],
    ] as const;
    for (const [command, args] of commands) {
      const replies = await rig.python.control(command, args, { destination: [node, pythonNode] });
      expect([command, replies[node]]).toEqual([command, replies[pythonNode]]);
    }
  });

  it("obeys the application's own commands in a child, also while all are busy", async () => {
    const busy = [await runWaiting('busy 1'), await runWaiting('busy 2')];
    try {
      const { pool } = (await ask('stats')) as { readonly pool: { readonly processes: readonly number[] } };
      const reply = (await ask('whereabouts', { greeting: 'é\n' })) as { readonly pid: number };

      expect(reply).toEqual({ pid: expect.any(Number), greeting: 'é\n', hasClient: true });
      expect(pool.processes).toContain(reply.pid);
      expect(await ask('breaks')).toEqual({ error: "TypeError('as\\nit should')" });
    } finally {
      for (const { finish } of busy) finish();
    }
  });

  describe('obeys as a Python worker does, and that one us:', () => {
    describeEveryCommand(() => ({ rig, node, pythonNode, isNewest }));
  });

  describe('by TaskControl', () => {
    const onPython = { limit: 1, timeout: '5s' } as const;

    it('finds both, without waiting for more', async () => {
      const beganMs = performance.now();
      const { replies } = await rig.control.inspect.ping({ timeout: '20s' });

      expect(performance.now() - beganMs).toBeLessThan(5_000);
      expect(Object.fromEntries(replies)).toEqual({ [node]: 'pong', [pythonNode]: 'pong' });
    });

    it('asks a Python worker', async () => {
      const to = { ...onPython, destination: pythonNode };
      const { inspect } = rig.control;

      expect((await inspect.stats(to)).replies.get(pythonNode)?.pool['max-concurrency']).toBe(2);
      expect((await inspect.registered(to)).replies.get(pythonNode)).toContain('interop.add');
      expect((await inspect.activeQueues(to)).replies.get(pythonNode)?.map(({ name }) => name)).toEqual(['celery']);
      expect((await inspect.conf(to)).replies.get(pythonNode)).toHaveProperty('broker_url');
      expect((await inspect.active(to)).replies.get(pythonNode)).toEqual([]);
      expect((await inspect.report(to)).replies.get(pythonNode)).toContain('celery:');
    });

    it('commands a Python worker, which does it or says why not', async () => {
      const to = { ...onPython, destination: pythonNode };
      const queuesOf = async () =>
        (await rig.control.inspect.activeQueues(to)).replies.get(pythonNode)?.map(({ name }) => name);

      expect((await rig.control.addQueue('more', to)).replies.get(pythonNode)).toBe('add consumer more');
      await until(async () => (await queuesOf())?.includes('more'), { withinMs, what: 'It takes from there' });
      const result = await rig.nest.send('interop.add', [1, 2], { queue: 'more' });
      expect(await result.get(soon)).toBe(3);
      expect((await rig.control.removeQueue('more', to)).replies.get(pythonNode)).toBe('no longer consuming from more');

      const { id } = await rig.nest.send('interop.add', [1, 2], { queue: 'celery', countdown: '1h' });
      expect((await rig.control.revoke(id, {}, to)).replies.get(pythonNode)).toContain(id);
      expect((await rig.control.inspect.revoked(to)).replies.get(pythonNode)).toContain(id);
      expect((await rig.control.autoscale({ max: 3 }, to)).errors.get(pythonNode)).toBe(
        "ValueError('Autoscale not enabled')",
      );
    });
  });

  it('is operated beside it from our command line', async () => {
    const broker = `redis://127.0.0.1:${rig.redis.options.port}`;
    const run = async (...args: string[]): Promise<CommandResult> =>
      runCommand(process.execPath, [taskQueueCommand, ...args, '-b', broker, '-t', '5s', '-j'], { withinMs: 50_000 });

    const [status, refused] = await Promise.all([run('status'), run('control', 'autoscale', '3', '-d', pythonNode)]);

    expect(JSON.parse(status.stdout)).toEqual({ [node]: 'pong', [pythonNode]: 'pong' });
    const error = "ValueError('Autoscale not enabled')";
    expect([refused.code, JSON.parse(refused.stdout)]).toEqual([1, { [pythonNode]: { error } }]);
  });

  it('works on after messages that are none, and a flood', async () => {
    const channel = '/0.celery.pidbox';
    // The Python worker answers no more after these: nothing is asked of it from here on.
    for (const text of ['', '{', '[]', '{"body": "x", "headers": {}, "properties": {}}'])
      await rig.redis.publish(channel, text);
    // To this worker alone: a Python one takes long over them.
    const text = JSON.stringify({
      body: Buffer.from(JSON.stringify({ method: 'nothing', destination: [node] })).toString('base64'),
      'content-type': 'application/json',
      'content-encoding': 'utf-8',
      headers: {},
      properties: { body_encoding: 'base64', delivery_info: { exchange: 'celery.pidbox', routing_key: '' } },
    });
    const pipeline = rig.redis.pipeline();
    for (let count = 0; count < 10_000; count += 1) pipeline.publish(channel, text);
    await pipeline.exec();
    const result = await rig.nest.send('nest.add', [20, 22], { queue: 'nest' });

    expect(await result.get(soon)).toBe(42);
    expect(await ask('ping')).toEqual({ ok: 'pong' });
    expect(worker.isOver).toBe(false);
  });

  it('shuts down at a word, and takes its processes with it', async () => {
    await rig.python.control('shutdown', {}, { destination: [node], timeout: 0.1 });

    await until(() => worker.isOver, { withinMs, what: 'The worker has ended', detail: () => worker.tail() });
    expect((await worker.ended).code).toBe(0);
  });
}
