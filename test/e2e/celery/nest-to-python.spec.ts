import { Decimal, RemoteTaskError, signature, Uuid, WireDate, WireDateTime, WireTime } from 'nest-task-queue';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InteropError } from '../../fixtures/apps/celery/celery.errors.js';
import { CeleryTasks } from '../../fixtures/apps/celery/celery.tasks.js';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig } from './celery-rig.js';

describeWithServer('redis', 'what a Nest client sends and a Python worker runs', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeSending(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeSending(python));
});

const soon = { timeout: '20s' } as const;

interface Description {
  readonly args: readonly { readonly type: string; readonly repr: string }[];
}

function describeSending(python: string): void {
  let rig: CeleryRig;
  let isNewest: boolean;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python, celery: { settings: { result_extended: true, task_track_started: true } } });
    await Promise.all([rig.startPython(), rig.startNest()]);
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
  });
  afterAll(() => rig?.close());

  const send = (...call: Parameters<typeof rig.nest.send>) => rig.nest.send(...call);
  const resultOf = async <T = unknown>(...call: Parameters<typeof rig.nest.send>): Promise<T> =>
    (await (await send(...call)).get(soon)) as T;
  const errorOf = async (...call: Parameters<typeof rig.nest.send>): Promise<Error> =>
    (await (await send(...call)).get({ ...soon, propagate: false })) as Error;

  it('gives back what it returned to both sides, under the id that was asked for', async () => {
    const result = await send('interop.add', [2, 3], { taskId: 'the sum é' });

    expect(result.id).toBe('the sum é');
    expect(await result.get(soon)).toBe(5);
    expect(await rig.python.get('the sum é', 20)).toMatchObject({ state: 'SUCCESS', result: 5 });
  });

  it('is called with args, kwargs and unicode', async () => {
    const args = [1, 1.5, 'Zoë 世界 😀 \u2028"\\', null, true, [1, [2]], { a: { b: [] } }];

    expect(await resultOf('interop.echo', args, { kwargs: { 'k é': 'v', x: 1 } })).toEqual({
      args,
      kwargs: { 'k é': 'v', x: 1 },
    });
  });

  it('is called with values that JSON does not have, and returns them; Celery before 5.3 sees how they are written', async () => {
    const values = [
      new Date('2026-01-02T03:04:05.678Z'),
      WireDateTime.fromIso('2026-01-02T03:04:05.000006'),
      WireDate.fromIso('2026-01-02'),
      WireTime.fromIso('03:04:05'),
      new Decimal('12.340'),
      new Uuid('12345678-1234-5678-1234-567812345678'),
      Uint8Array.from([0, 255, 1]),
      new TextEncoder().encode('text'),
      2n ** 70n,
    ];

    const { args } = await resultOf<Description>('interop.describe', values);
    const echoed = await resultOf<{ args: readonly unknown[] }>('interop.echo', values);

    if (isNewest) expect(args).toEqual(pythonValues);
    else expect(args.map(({ type }) => type)).toEqual([...Array<string>(8).fill('dict'), 'int']);
    expect(echoed.args).toEqual([WireDateTime.fromIso('2026-01-02T03:04:05.678000+00:00'), ...values.slice(1)]);
  });

  it('returns a value that only Python can write', async () => {
    const now = await resultOf('interop.now');

    if (isNewest) expect(now).toBeInstanceOf(Date);
    else expect(now).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('runs with all that Nest said of it', async () => {
    const run = await resultOf<Record<string, unknown>>('interop.request', [1], {
      ...{ taskId: 'all of it', priority: 6, expires: '1m', headers: { tenant: 'acme' }, timeLimit: '30s' },
      ...{ softTimeLimit: '20s', shadow: 'shown', kwargs: { a: 1 }, eta: new Date(Date.now() - 1_000) },
    });

    expect(run).toMatchObject({
      ...{
        id: 'all of it',
        root_id: 'all of it',
        parent_id: null,
        group: null,
        retries: 0,
        args: [1],
        kwargs: { a: 1 },
      },
      ...{ timelimit: [30, 20], correlation_id: 'all of it', ignore_result: null },
      eta: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/),
      origin: expect.stringMatching(/^gen\d+@/),
      delivery_info: { exchange: '', routing_key: 'celery', priority: 3 },
      ...(isNewest && { headers: expect.objectContaining({ tenant: 'acme' }) }), // Celery 5.2 has no such map
    });
  });

  it('keeps with its result what it was and who ran it, for Nest to read', async () => {
    const result = await send('interop.add', [2, 3]);
    await result.get(soon);

    expect(await result.meta()).toMatchObject({
      ...{ status: 'SUCCESS', name: 'interop.add', args: [2, 3], kwargs: {}, retries: 0, queue: 'celery' },
      worker: expect.stringMatching(/^python\d+-/),
      dateDoneMs: expect.any(Number),
    });
  });

  it.each(['countdown', 'eta'])('is not started before its %s', async (name) => {
    const dueMs = Date.now() + 1_000;
    const result = await send('interop.add', [1, 1], name === 'eta' ? { eta: new Date(dueMs) } : { countdown: '1s' });

    expect(await result.get(soon)).toBe(2);
    expect((await result.meta())?.dateDoneMs).toBeGreaterThanOrEqual(dueMs - 1);
  });

  it('is revoked once it has expired', async () => {
    const error = await errorOf('interop.add', [1, 1], { expires: new Date(Date.now() - 1_000) });

    expect(error).toMatchObject({ code: 'TQ_TASK_REVOKED', message: expect.stringContaining('expired') });
  });

  it('throws what it raised as a RemoteTaskError, with class, arguments and traceback', async () => {
    const error = await errorOf('interop.fail', ['boom', 3]);

    expect(error).toBeInstanceOf(RemoteTaskError);
    expect(error).toMatchObject({
      ...{ excType: 'ValueError', excModule: 'builtins', excArgs: ['boom', 3] },
      traceback: expect.stringMatching(/^Traceback \(most recent call last\):\n[^]*raise ValueError\(message, code\)/),
    });
  });

  it('throws an error of the class that stands for the Python one', async () => {
    const error = await errorOf('interop.fail_custom', ['custom', 9]);

    expect(error).toBeInstanceOf(InteropError);
    expect(error).toMatchObject({ message: 'custom', code: 9, cause: { traceback: expect.any(String) } });
  });

  it('that is unknown fails for both', async () => {
    expect(await errorOf('interop.nothing')).toMatchObject({ code: 'TQ_NOT_REGISTERED', taskName: 'interop.nothing' });
  });

  it('tells Nest of each retry, and of its end', async () => {
    const result = await send('interop.retry_twice', [], { kwargs: { countdown: 0.3 }, countdown: '300ms' });
    const states: string[] = [];
    const told = new Promise((resolve, reject) =>
      result.updates$.subscribe({
        next: ({ state }) => states.push(state),
        complete: () => resolve(states),
        error: reject,
      }),
    );

    expect(await result.get(soon)).toEqual({ retries: 2 });
    expect(await told).toEqual(['PENDING', 'STARTED', 'RETRY', 'STARTED', 'RETRY', 'STARTED', 'SUCCESS']);
  });

  it('throws the last error when no retry is left', async () => {
    expect(await errorOf('interop.retry_exhausted')).toMatchObject({ excType: 'ValueError', excArgs: ['never'] });
  });

  it('tells Nest how far it is', async () => {
    const result = await send('interop.progress', [{ step: 1 }], { countdown: '300ms' });
    const seen: unknown[] = [];
    await new Promise((complete, error) =>
      result.updates$.subscribe({
        next: ({ state, info }) => seen.push([state, info]),
        complete: () => complete(0),
        error,
      }),
    );

    expect(seen).toEqual([
      ['PENDING', undefined],
      ['STARTED', { pid: expect.any(Number), hostname: expect.stringMatching(/^python/) }],
      ['PROGRESS', { step: 1 }],
      ['SUCCESS', expect.anything()],
    ]);
  });

  it('knows its children, of both sides, and they know where they come from', async () => {
    const result = await send('interop.children', [], { kwargs: { name: 'nest.request', args: [], queue: 'nest' } });
    const childId = await result.get(soon);
    const [child] = await result.children();

    expect(child?.id).toBe(childId);
    expect(await child?.get(soon)).toMatchObject({ parentId: result.id, rootId: result.id });
  });

  it('sends its links, to Python and to Nest, with its result', async () => {
    const [toPython, toNest] = [rig.file('link-python'), rig.file('link-nest')];
    const { append } = rig.nest.for(CeleryTasks);
    const result = await send('interop.add', [2, 2], {
      link: [signature('interop.append', [toPython]), append.s(toNest).set({ queue: 'nest' })],
    });

    expect(await rig.lines('link-python', 1)).toMatchObject([{ value: 4 }]);
    expect(await rig.lines('link-nest', 1)).toMatchObject([{ value: 4, rootId: result.id, parentId: result.id }]);
    await result.get(soon);
    const meta = await result.meta(); // Python sends several links as one group
    expect(meta?.children).toMatchObject([[[expect.any(String), null], { length: 2 }]]);
    const [links, ...others] = await result.children();
    expect(others).toEqual([]);
    expect(await links?.get(soon)).toEqual([4, 4]);
  });

  it('calls its errbacks, of both kinds in Python and by its id in Nest', async () => {
    const [toPython, toNest] = [rig.file('errback-python'), rig.file('errback-nest')];
    const result = await send('interop.fail_custom', [], {
      linkError: [
        signature('interop.on_error', [], { kwargs: { path: toPython } }),
        signature('interop.on_error_new', [], { kwargs: { path: toPython } }),
        rig.nest.for(CeleryTasks).onError.s(toNest).set({ queue: 'nest' }),
      ],
    });

    const lines = await rig.lines('errback-python', 2);

    expect(lines.toSorted((a, b) => String(a['style']).localeCompare(String(b['style'])))).toMatchObject([
      { style: 'new', id: result.id, type: 'InteropError', arguments: ['custom', 2] },
      { style: 'old', id: result.id },
    ]);
    expect(await rig.lines('errback-nest', 1)).toEqual([{ event: 'error', id: result.id }]);
  });

  it('is the errback of a Nest task', async () => {
    const toPython = rig.file('errback-of-nest');
    const result = await rig.nest.for(CeleryTasks).fail.applyAsync(['own'], {
      linkError: signature('interop.on_error', [], { kwargs: { path: toPython }, options: { queue: 'celery' } }),
    });

    expect(await rig.lines('errback-of-nest', 1)).toMatchObject([{ style: 'old', id: result.id }]);
  });

  it('keeps no result where the task itself ignores it', async () => {
    const result = await send('interop.ignore', [rig.file('own-word')]);
    await rig.lines('own-word', 1);
    await resultOf('interop.add', [1, 1]);

    expect(await result.state()).not.toBe('SUCCESS'); // Celery 5.2 stores STARTED all the same
  });

  it('keeps no result where its sender ignores it', async () => {
    const result = await send('interop.append', ['x', rig.file('ignored')], { ignoreResult: true });
    await rig.lines('ignored', 1);
    await resultOf('interop.add', [1, 1]);

    await expect(result.get(soon)).rejects.toThrow('ignored');
    expect(await rig.nest.result(result.id).state()).not.toBe('SUCCESS');
  });

  it('is forgotten by either side', async () => {
    const [one, other] = [await send('interop.add', [1, 1]), await send('interop.add', [1, 1])];
    await Promise.all([one.get(soon), other.get(soon)]);

    await rig.python.forget(one.id);
    await other.forget();

    expect(await rig.nest.result(one.id).state()).toBe('PENDING');
    expect((await rig.python.get(other.id)).state).toBe('PENDING');
  });

  it('carries a long result', async () => {
    const text = 'é'.repeat(400_000);

    expect(await resultOf('interop.echo', [text])).toEqual({ args: [text], kwargs: {} });
  });

  it('is sent by the thousand', async () => {
    const add = (n: number) => signature<number>('interop.add', [n, 1]);
    const { results } = await rig.nest.sendMany(Array.from({ length: 1_000 }, (_, n) => add(n)));

    const sums = await Promise.all(results.map((result) => result.get({ timeout: '40s' })));

    expect(sums).toEqual(Array.from({ length: 1_000 }, (_, n) => n + 1));
  });
}

const pythonValues = [
  { type: 'datetime', repr: 'datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)' },
  { type: 'datetime', repr: 'datetime.datetime(2026, 1, 2, 3, 4, 5, 6)' },
  { type: 'date', repr: 'datetime.date(2026, 1, 2)' },
  { type: 'time', repr: 'datetime.time(3, 4, 5)' },
  { type: 'Decimal', repr: "Decimal('12.340')" },
  { type: 'UUID', repr: "UUID('12345678-1234-5678-1234-567812345678')" },
  { type: 'bytes', repr: String.raw`b'\x00\xff\x01'` },
  { type: 'bytes', repr: "b'text'" },
  { type: 'int', repr: String(2n ** 70n) },
];
