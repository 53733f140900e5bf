import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCommandLine } from '../../../lib/cli/index.js';
import { taskQueueCommand } from '../../tools/programs.js';
import { until } from '../../tools/until.js';
import type { CeleryRig } from './celery-rig.js';
import { differencesOf } from './reply-shapes.js';

/** Workers to command: each takes two tasks at once and may hold more, from `nest` and `celery`, and may restart its pool. */
export interface CommandedWorkers {
  readonly rig: CeleryRig;
  /** Node name of the Nest worker, and of the Python one. */
  readonly node: string;
  readonly pythonNode: string;
  readonly isNewest: boolean;
}

type Pair = readonly [nest: unknown, python: unknown];
type Map = Readonly<Record<string, unknown>>;

const withinMs = 10_000;

const OF_OLD_REQUESTS = ['[].delivery_info.redelivered: boolean | null'];
/**
 * Where a reply of a Nest worker is made otherwise than that of a Python one, `path: Nest | Python`, and why.
 */
const DIFFERENCES: Readonly<
  Record<string, { readonly newest?: readonly string[]; readonly debian?: readonly string[] }>
> = {
  // Python needs psutil for it, which is not installed with Celery.
  memsample: { newest: [': string | null'], debian: [': string | null'] },
  // Celery 5.2 writes null for "not redelivered", and has less of these.
  active: { debian: OF_OLD_REQUESTS },
  reserved: { debian: OF_OLD_REQUESTS },
  scheduled: { debian: ['[].request.delivery_info.redelivered: boolean | null'] },
  query_task: { debian: OF_OLD_REQUESTS },
  stats: { debian: ['broker.credential_provider: null | -', 'pool.implementation: string | -'] },
  // Celery 5.2 sends its table, which newer ones read as well; the list of ids is read by all.
  hello: { debian: ['revoked: list | map'] },
};

/** Settings that Celery has as flags of `celery worker` alone: `--autoscale` and `-B`. */
const FLAGS_OF_CELERY = ['worker_autoscale', 'beat_enabled'];

const INSPECTED =
  'active active_queues clock memsample memdump objgraph ping registered report reserved revoked scheduled stats'.split(
    ' ',
  );
/** Commands that both refuse, word for word alike. */
const REFUSED: readonly (readonly string[])[] = [
  ['election'],
  ['autoscale', '3', '1'],
  ['rate_limit', 'unknown', '3/m'],
  ['rate_limit', 'unknown', 'many'],
  ['rate_limit'],
  ['time_limit', 'unknown', '3'],
  ['terminate'],
  ['terminate', 'KILL', 'unknown'],
  ['add_consumer'],
  ['cancel_consumer'],
];

/** Each command by Celery's own command line to both workers at once, and by ours. */
export function describeEveryCommand(workers: () => CommandedWorkers): void {
  let rig: CeleryRig;
  let both: readonly [string, string];
  let isNewest: boolean;
  /** Of either worker: two run, one waits. */
  const ids: Record<'nest' | 'python', string[]> = { nest: [], python: [] };

  beforeAll(async () => {
    const { node, pythonNode, ...rest } = workers();
    ({ rig, isNewest } = rest);
    both = [node, pythonNode];
    const kinds = { nest: ['nest.', 'nest'], python: ['interop.', 'celery'] } as const;
    for (const [prefix, queue] of Object.values(kinds))
      await rig.python.send({ name: `${prefix}add`, args: [1, 2], options: { queue, countdown: 3_600 } });
    await eachHas('scheduled', (count) => count > 0);
    for (const kind of ['nest', 'python'] as const)
      for (let count = 0; count < 3; count += 1) {
        const [prefix, queue] = kinds[kind];
        ids[kind].push(await rig.python.send({ name: `${prefix}wait`, args: [rig.file('done')], options: { queue } }));
      }
    await eachHas('active', (count) => count === 2);
    await eachHas('reserved', (count) => count === 1);
    await ask('revoke', { task_id: ['revoked before'] });
  });
  afterAll(async () => {
    if (rig === undefined) return;
    writeFileSync(rig.file('done'), '');
    await eachHas('active', (count) => count === 0);
  });

  const eachHas = (command: string, isEnough: (count: number) => boolean): Promise<boolean> =>
    until(async () => (await ask(command)).every((reply) => isEnough((reply as readonly unknown[]).length)), {
      withinMs,
      what: `${command} tasks of each`,
    });

  /** What both reply to a command that no command line sends. */
  async function ask(command: string, args: Map = {}): Promise<Pair> {
    const replies = await rig.python.control(command, args, { destination: both });
    return [replies[both[0]], replies[both[1]]];
  }

  /** What `celery inspect` or `celery control` prints of both. */
  async function celery(program: 'inspect' | 'control', ...args: readonly string[]): Promise<Pair> {
    const { code, printed } = await rig.python.celery(program, '-t', '5', '-d', both.join(), '-j', ...args);
    expect([args, printed, code]).toEqual([args, printed, 0]);
    const text = JSON.parse(printed.slice(printed.search(/[[{]/)).replaceAll(': Infinity', ': null')) as
      Map | readonly Map[];
    const replies: Map = Array.isArray(text) ? (Object.assign({}, ...(text as Map[])) as Map) : (text as Map);
    return [replies[both[0]], replies[both[1]]];
  }

  /** What `task-queue inspect` or `control` prints of the Python worker. */
  async function ours(program: 'inspect' | 'control', ...args: readonly string[]): Promise<unknown> {
    const printed: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
    try {
      const broker = `redis://127.0.0.1:${rig.redis.options.port}`;
      await runCommandLine([program, ...args, '-b', broker, '-d', both[1], '-t', '5s', '-j'], taskQueueCommand);
    } finally {
      spy.mockRestore();
    }
    return (JSON.parse(printed.join('')) as Map)[both[1]];
  }

  /** What both reply to a command that changes them; ours gets the Python worker to the same. */
  async function command(...args: readonly string[]): Promise<Pair> {
    const [nest, python] = await celery('control', ...args);
    const reply = await ours('control', ...args);
    const isRefused = typeof python === 'object' && python !== null && 'error' in python;
    expect([args, reply]).toEqual([args, isRefused ? python : withoutOk(python)]);
    return [nest, python];
  }

  const twice = (reply: unknown): Pair => [reply, reply];

  /** Of the Nest worker: Celery's pool takes seconds to tell. */
  const pids = async (): Promise<readonly number[]> =>
    ((await ask('stats'))[0] as { readonly pool: { readonly processes: readonly number[] } }).pool.processes;

  const poolSize = async (): Promise<number> => (await pids()).length;

  const queues = async (): Promise<readonly (readonly string[])[]> =>
    (await ask('active_queues')).map((reply) => (reply as { readonly name: string }[]).map(({ name }) => name));

  const told = (name: string): readonly string[] => DIFFERENCES[name]?.[isNewest ? 'newest' : 'debian'] ?? [];

  it.each(INSPECTED)('inspect %s', async (name) => {
    const [nest, python] = (await celery('inspect', name)).map((reply) => plain(name, reply));

    expect(differencesOf(nest, python)).toEqual(told(name));
    expect(differencesOf(plain(name, await ours('inspect', name)), withoutOk(python))).toEqual([]);
  });

  it('inspect query_task', async () => {
    const wanted = [...ids.nest, ...ids.python, 'unknown'];
    const replies = await celery('inspect', 'query_task', ...wanted);

    for (const [kind, reply] of [
      ['nest', replies[0]],
      ['python', replies[1]],
    ] as const) {
      const states = Object.fromEntries(
        Object.entries(reply as Map).map(([id, found]) => [id, (found as unknown[])[0]]),
      );
      expect(states).toEqual(Object.fromEntries(ids[kind].map((id, at) => [id, at < 2 ? 'active' : 'reserved'])));
    }
    const [nest, python] = replies.map((reply) =>
      Object.values(reply as Readonly<Record<string, unknown[]>>).map(([, info]) => info),
    );
    expect(differencesOf(nest, python)).toEqual(told('query_task'));
    expect(Object.keys((await ours('inspect', 'query_task', ...wanted)) as Map).toSorted()).toEqual(
      ids.python.toSorted(),
    );
  });

  it('inspect conf, whose settings Celery knows', async () => {
    const [nest, python] = (await celery('inspect', 'conf', 'true')) as readonly [Map, Map];

    expect(Object.keys(nest).filter((name) => !Object.hasOwn(python, name))).toEqual(FLAGS_OF_CELERY);
    expect(await ours('inspect', 'conf')).toMatchObject({ task_default_queue: 'celery' });
  });

  it('hello, which no command line sends', async () => {
    const [nest, python] = await ask('hello', { from_node: 'other@host', revoked: {} });

    expect(differencesOf(nest, python)).toEqual(told('hello'));
    expect(await rig.python.celery('inspect', 'hello')).toMatchObject({ code: 2 });
  });

  it.each(REFUSED)('control %s %s %s', async (...args) => {
    const [nest, python] = await celery('control', ...args.filter((word) => word !== undefined));

    expect(nest).toEqual(python);
  });

  it('control rate_limit', async () => {
    for (const task of ['nest.greet', 'interop.echo']) {
      const [nest, python] = await celery('control', 'rate_limit', task, '7/h');
      const [known, unknown] = task.startsWith('nest') ? [nest, python] : [python, nest];
      expect([known, unknown]).toEqual([{ ok: 'new rate limit set successfully' }, { error: 'unknown task' }]);
    }
    expect((await celery('inspect', 'registered')).flat()).toEqual(
      expect.arrayContaining(['nest.greet [rate_limit=7/h]', 'interop.echo [rate_limit=7/h]']),
    );
    expect(await ours('control', 'rate_limit', 'interop.echo', '0')).toMatch(
      /^(new rate limit set|rate limit disabled) successfully$/,
    );
    await celery('control', 'rate_limit', 'nest.greet', '0');
  });

  it('control time_limit', async () => {
    const [nest] = await celery('control', 'time_limit', 'nest.greet', '5', '60');
    const [, python] = await celery('control', 'time_limit', 'interop.echo', '5', '60');

    expect([nest, python]).toEqual(twice({ ok: 'time limits set successfully' }));
    expect((await celery('inspect', 'registered', 'time_limit')).flat()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^nest.greet \[time_limit=60/),
        expect.stringMatching(/^interop.echo \[time_limit=60/),
      ]),
    );
    expect(await ours('control', 'time_limit', 'interop.echo', '5', '1m')).toBe('time limits set successfully');
  });

  it('control add_consumer and cancel_consumer', async () => {
    expect(await command('add_consumer', 'more')).toEqual(twice({ ok: 'add consumer more' }));
    await until(async () => (await queues()).every((names) => names.includes('more')), {
      withinMs,
      what: 'both take from it',
    });
    expect(await command('cancel_consumer', 'more')).toEqual(twice({ ok: 'no longer consuming from more' }));
    await until(async () => !(await queues()).flat().includes('more'), { withinMs, what: 'neither takes from it' });
  });

  it('control enable_events, heartbeat and disable_events', async () => {
    const heard = new Set<string>();
    const subscription = rig.events.cluster.of('worker-heartbeat').subscribe(({ hostname, intervalMs }) => {
      if (intervalMs === 5_000) heard.add(hostname); // those that are asked for
    });
    await rig.events.cluster.listening();

    expect(await celery('control', 'enable_events')).toEqual(twice({ ok: 'task events enabled' }));
    expect(await command('enable_events')).toEqual(twice({ ok: 'task events already enabled' }));
    expect(await command('heartbeat')).toEqual(twice(null));
    await until(() => both.every((name) => heard.has(name)), { withinMs, what: 'a heartbeat of each' });
    expect(await celery('control', 'disable_events')).toEqual(twice({ ok: 'task events disabled' }));
    expect(await command('disable_events')).toEqual(twice({ ok: 'task events already disabled' }));
    subscription.unsubscribe();
  });

  it('control revoke', async () => {
    const replies = await celery('control', 'revoke', 'none-such');

    const shown = isNewest ? "{'none-such'}" : 'none-such';
    expect(replies).toEqual([
      { ok: "tasks {'none-such'} flagged as revoked" },
      { ok: `tasks ${shown} flagged as revoked` },
    ]);
    expect(await celery('inspect', 'revoked')).toEqual(twice(expect.arrayContaining(['none-such'])));
    expect(await ours('control', 'revoke', 'none-such')).toBe(`tasks ${shown} flagged as revoked`);
  });

  it('control pool_grow and pool_shrink', async () => {
    const shrunk = { ok: 'pool will shrink' };
    const isBusy = { error: `ValueError("Can't shrink pool. All processes busy!")` };
    expect(await celery('control', 'pool_grow', '2')).toEqual(twice({ ok: 'pool will grow' }));
    await until(async () => (await poolSize()) === 4, { withinMs, what: 'it has grown' });
    const [nest, python] = await celery('control', 'pool_shrink');
    expect(nest).toEqual(shrunk);
    expect([shrunk, isBusy]).toContainEqual(python); // Celery takes away none that runs something, or boots
    await until(async () => (await poolSize()) === 3, { withinMs, what: 'it has shrunk' });
    expect(await ours('control', 'pool_grow', '1')).toBe('pool will grow');
    expect(await ours('control', 'pool_shrink', '99')).toEqual(isBusy);
  });

  it('control terminate', async () => {
    const [nest, python] = [ids.nest[0] ?? '', ids.python[0] ?? ''];

    expect(await celery('control', 'terminate', 'KILL', nest, python)).toEqual([
      { ok: `terminate: ${nest}` },
      { ok: `terminate: ${python}` },
    ]);

    for (const id of [nest, python]) expect(await rig.python.get(id, 10)).toMatchObject({ state: 'REVOKED' });
    expect(await ours('control', 'terminate', 'KILL', ids.python[1] ?? '')).toBe(`terminate: ${ids.python[1]}`);
  });

  it('control revoke_by_stamped_headers', async () => {
    if (!isNewest) {
      expect(await rig.python.celery('control', 'revoke_by_stamped_headers', 'customer=7')).toMatchObject({ code: 2 });
      return; // it does not know of stamps
    }
    expect(await ours('control', 'revoke_by_stamped_headers', 'customer=6')).toBe(
      "headers {'customer': ['6']} flagged as revoked, but not terminated",
    );
    expect(await celery('control', 'revoke_by_stamped_headers', 'customer=7')).toEqual(
      twice({ ok: "headers {'customer': '7'} flagged as revoked, but not terminated" }),
    );

    for (const [name, queue] of [
      ['nest.add', 'nest'],
      ['interop.add', 'celery'],
    ] as const) {
      const id = await rig.python.send({
        name,
        args: [1, 2],
        options: { queue, stamped_headers: ['customer'], customer: '7' },
      });
      expect(await rig.python.get(id, 10)).toMatchObject({ state: 'REVOKED' });
    }
  });

  it('control pool_restart', async () => {
    const before = await pids();

    expect(await command('pool_restart')).toEqual(twice({ ok: 'reload started' }));
    writeFileSync(rig.file('done'), ''); // who runs something goes when that has ended

    await until(async () => !(await pids()).some((pid) => before.includes(pid)), {
      withinMs: 3 * withinMs,
      what: 'all are others',
    });
  });

  it('status', async () => {
    const { code, printed } = await rig.python.celery('status', '-t', '5', '-d', both.join());

    expect([code, ...both.map((name) => printed.includes(`${name}: OK`))]).toEqual([0, true, true]);
  });
}

/** Of maps by names, the values. */
function plain(command: string, reply: unknown): unknown {
  if (command !== 'stats') return reply;
  return { ...(reply as Map), total: Object.values((reply as { readonly total: Map }).total) };
}

function withoutOk(reply: unknown): unknown {
  return typeof reply === 'object' && reply !== null && 'ok' in reply ? reply.ok : reply;
}
