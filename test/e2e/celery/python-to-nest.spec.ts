import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PythonSend } from '../../tools/python-driver.js';
import { describeWithServer } from '../../tools/servers.js';
import { CeleryRig } from './celery-rig.js';

describeWithServer('redis', 'what a Python client sends and a Nest worker runs', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeSending(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeSending(python));
});

const soon = { timeout: '20s' } as const;

/** Values by the type that Celery calls them, and what arrives of them in Nest. */
const typed: readonly (readonly [type: string, value: unknown, arrives: string])[] = [
  ['datetime', '2026-01-02T03:04:05.000006+02:00', 'WireDateTime 2026-01-02T01:04:05.000Z'],
  ['datetime', '2026-01-02T03:04:05', 'WireDateTime 2026-01-02T03:04:05.000Z'],
  ['date', '2026-01-02', 'WireDate "2026-01-02"'],
  ['time', '03:04:05.000007', 'WireTime "03:04:05.000007"'],
  ['decimal', '1.10', 'Decimal "1.10"'],
  ['uuid', '12345678-1234-5678-1234-567812345678', 'Uuid "12345678-1234-5678-1234-567812345678"'],
  ['bytes', 'aGk=', 'Uint8Array 104,105'],
  ['bytes', 'AP8B', 'Uint8Array 0,255,1'],
];

function describeSending(python: string): void {
  let rig: CeleryRig;
  let isNewest: boolean;

  beforeAll(async () => {
    rig = await CeleryRig.open({ python, nest: { results: { extended: true } } });
    await rig.startNest();
    isNewest = !(await rig.python.versions()).celery.startsWith('5.2');
  });
  afterAll(() => rig?.close());

  const send = ({ options, ...job }: PythonSend): Promise<string> =>
    rig.python.send({ ...job, options: { queue: 'nest', ...options } });
  /** Sends, and waits as a Python program does. */
  const call = async (job: PythonSend) => rig.python.get(await send(job), 20);

  it('gives back what it returned to both sides, under the id that was asked for', async () => {
    const id = await send({ name: 'nest.add', args: [2, 3], options: { task_id: 'the sum é' } });

    expect(id).toBe('the sum é');
    expect(await rig.python.get(id, 20)).toMatchObject({ state: 'SUCCESS', result: 5, traceback: null, children: [] });
    expect(await rig.nest.result(id).get(soon)).toBe(5);
  });

  it.each<[string, Pick<PythonSend, 'args' | 'kwargs'>, unknown]>([
    ['args alone', { args: ['Ada'] }, 'Hello, Ada!'],
    ['kwargs, by the names of the parameters', { kwargs: { mark: '?', name: 'Ada' } }, 'Hello, Ada?'],
    ['args and kwargs', { args: ['Ada', 'Bonjour'], kwargs: { mark: '.' } }, 'Bonjour, Ada.'],
    ['unicode', { args: ['Zoë 世界 😀', '\u2028"\\'] }, '\u2028"\\, Zoë 世界 😀!'],
  ])('is called with %s', async (_, given, expected) => {
    expect((await call({ name: 'nest.greet', ...given })).result).toBe(expected);
  });

  it('gets kwargs without a parameter of their own in the one that takes the others', async () => {
    const { result } = await call({ name: 'nest.tagged', args: ['a'], kwargs: { colour: 'red', size: 2 } });

    expect(result).toEqual({ text: 'a', tags: { colour: 'red', size: 2 } });
  });

  it.each([
    ['a kwarg that no parameter is named by', { kwargs: { nome: 'Ada' } }, /nome/],
    ['too many args', { args: ['a', 'b', 'c', 'd'] }, /4/],
  ])('fails as it does in Python with %s', async (_, given, named) => {
    const { state, result } = await call({ name: 'nest.greet', ...given });

    expect(state).toBe('FAILURE');
    expect(result).toMatchObject({ value: { class: 'TypeError', module: 'builtins' } });
    expect(JSON.stringify(result)).toMatch(named);
  });

  it('is called with values that JSON does not have; Celery before 5.3 sends most of them as text, and no bytes', async () => {
    const sent = typed.filter(([type]) => isNewest || type !== 'bytes');
    const args = sent.map(([$type, value]) => ({ $type, value }));

    const described = await call({ name: 'nest.describe', args });
    const echoed = await call({ name: 'nest.echo', args });

    const asText = sent.map(([type, value]) => (type === 'date' ? `${value as string}T00:00:00` : value));
    expect(described.result).toEqual(
      isNewest ? sent.map(([, , arrives]) => arrives) : asText.map((text) => `string ${text as string}`),
    );
    expect(echoed.result).toEqual(isNewest ? args : asText);
  });

  it('returns values that JSON does not have; Celery before 5.3 sees how they are written', async () => {
    const { result } = await call({ name: 'nest.values' });

    const expected = {
      moment: { $type: 'datetime', value: '2026-01-02T03:04:05.678000+00:00' },
      naive: { $type: 'datetime', value: '2026-01-02T03:04:05.000006' },
      date: { $type: 'date', value: '2026-01-02' },
      time: { $type: 'time', value: '03:04:05' },
      decimal: { $type: 'decimal', value: '12.340' },
      uuid: { $type: 'uuid', value: '12345678-1234-5678-1234-567812345678' },
      text: { $type: 'bytes', value: 'dGV4dA==' },
      bytes: { $type: 'bytes', value: 'AP8B' },
      big: { $type: 'int', value: String(2n ** 70n) },
    };
    if (isNewest) expect(result).toEqual(expected);
    else expect(result).toMatchObject({ decimal: { __type__: 'decimal', __value__: '12.340' }, big: expected.big });
  });

  it('carries integers of any size', async () => {
    const args = [{ $type: 'int', value: '9007199254740993' }, { $type: 'int', value: `-1${'0'.repeat(40)}` }, 42];

    const described = await call({ name: 'nest.describe', args });
    const echoed = await call({ name: 'nest.echo', args });

    expect(described.result).toEqual(['bigint 9007199254740993', `bigint -1${'0'.repeat(40)}`, 'number 42']);
    expect(echoed.result).toEqual(args);
  });

  it('carries a long result', async () => {
    const length = 400_000;

    const { result } = await call({ name: 'nest.long', args: [length] });

    expect(result).toBe('ü'.repeat(length));
  });

  it.each(['countdown', 'eta'])('is not started before its %s', async (name) => {
    const dueMs = Date.now() + 1_000;
    const eta = { $type: 'datetime', value: new Date(dueMs).toISOString().replace('Z', '+00:00') };
    const id = await send({ name: 'nest.add', args: [1, 1], options: name === 'eta' ? { eta } : { countdown: 1 } });

    expect((await rig.python.get(id, 20)).result).toBe(2);
    expect((await rig.nest.result(id).meta())?.dateDoneMs).toBeGreaterThanOrEqual(dueMs - 1);
  });

  it('is revoked once it has expired', async () => {
    const { state, result } = await call({ name: 'nest.add', args: [1, 1], options: { expires: -1 } });

    expect(state).toBe('REVOKED');
    expect(result).toMatchObject({
      value: { class: 'TaskRevokedError', module: 'celery.exceptions', args: ['expired'] },
    });
  });

  it.each([
    ['error', { class: 'Exception', module: 'builtins', args: ['it broke'], text: 'it broke' }],
    ['type', { class: 'TypeError', module: 'builtins', args: ['not a number'], text: 'not a number' }],
    ['own', { class: 'OutOfStockError', args: ['no paper'], text: 'no paper' }],
    ['python', { class: 'InteropError', module: 'interop_app', args: ['custom', 7], text: "('custom', 7)" }],
  ])('raises what it threw (%s) in Python, with where it was thrown', async (kind, expected) => {
    const { state, result, traceback } = await call({ name: 'nest.fail', args: [kind] });

    expect(state).toBe('FAILURE');
    expect(result).toMatchObject({ $type: 'exception', value: expected });
    expect(traceback).toMatch(
      /^Traceback \(most recent call last\):\n[^]*celery\.tasks\.js", line \d+, in CeleryTasks\.fail\n[^]*\n\w+: .+\n$/,
    );
  });

  it('that is unknown fails as it does in Python', async () => {
    const { state, result } = await call({ name: 'nest.nothing' });

    expect(state).toBe('FAILURE');
    expect(result).toMatchObject({
      value: { class: 'NotRegistered', module: 'celery.exceptions', args: ['nest.nothing'] },
    });
  });
}
