import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, isAlive } from '../../tools/proc.js';
import { PythonDriver, type PythonKey } from '../../tools/python-driver.js';
import { interopEnvironment, runPython, type InteropSettings } from '../../tools/python-script.js';
import { PythonWorker } from '../../tools/python-worker.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { until } from '../../tools/until.js';

describeWithServer('redis', 'Python beside a Redis', () => {
  describeWithServer('celery', 'the newest Celery', (python) => describeCelery(python));
  describeWithServer('celery-debian', "Debian's Celery", (python) => describeCelery(python));
});

function describeCelery(python: string): void {
  let redis: RedisServer;
  let folder: string;
  let settings: InteropSettings;
  let worker: PythonWorker;
  let driver: PythonDriver;

  beforeAll(async () => {
    redis = await RedisServer.start();
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-python-'));
    settings = { brokerUrl: redis.url, resultUrl: redis.url.replace(/0$/, '1'), settings: { result_extended: true } };
    driver = PythonDriver.open(python, settings);
    worker = await PythonWorker.start({ python, env: interopEnvironment(settings), logFile: logFile('worker') });
  });

  afterAll(async () => {
    await driver?.close();
    await worker?.stop();
    await redis?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const logFile = (name: string): string => path.join(folder, `${name}.log`);

  /** Lines that tasks have written to a file. */
  const linesOf = (file: string): Record<string, unknown>[] =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .filter(Boolean) // it is there before its first line
          .map((line) => JSON.parse(line) as Record<string, unknown>)
      : [];

  const lines = (file: string, count: number): Promise<Record<string, unknown>[]> =>
    until(() => linesOf(file).length >= count && linesOf(file), {
      withinMs: 10_000,
      what: `${count} lines in ${file}`,
      detail: () => worker.tail(),
    });

  it('runs a task from end to end', async () => {
    const id = await driver.send({ name: 'interop.add', args: [2, 3], options: { task_id: 'the-sum' } });

    expect(id).toBe('the-sum');
    expect(await driver.get(id, 10)).toMatchObject({
      state: 'SUCCESS',
      result: 5,
      name: 'interop.add',
      args: [2, 3],
      kwargs: {},
      queue: 'celery',
    });
  });

  it('says which versions it has', async () => {
    const { celery } = await driver.versions();

    expect(celery).toMatch(/^5\.\d+\.\d+/);
    expect(JSON.parse(await runPython(python, 'interop_cli.py', ['versions']))).toMatchObject({ celery });
  });

  it('carries what JSON can carry', async () => {
    const args = [1, 1.5, 'é😀', null, true, [1, [2]], { a: { b: [] } }];
    const id = await driver.send({ name: 'interop.echo', args, kwargs: { k: 'v' } });

    expect((await driver.get(id, 10)).result).toEqual({ args, kwargs: { k: 'v' } });
  });

  it('gives typed values to Celery, which keeps their types as far as its version can', async () => {
    const args = [
      { $type: 'datetime', value: '2026-01-02T03:04:05.000006+02:00' },
      { $type: 'date', value: '2026-01-02' },
      { $type: 'time', value: '03:04:05' },
      { $type: 'decimal', value: '1.10' },
      { $type: 'uuid', value: '12345678-1234-5678-1234-567812345678' },
    ];
    const { celery } = await driver.versions();
    const id = await driver.send({ name: 'interop.echo', args });

    const { result } = await driver.get(id, 10);

    // Celery 5.2 writes text, and a date as its first moment.
    const asText = args.map(({ $type, value }) => ($type === 'date' ? `${value}T00:00:00` : value));
    expect(result).toMatchObject({ args: celery.startsWith('5.2') ? asText : args });
  });

  it('tells an exception with its class, arguments and traceback', async () => {
    const id = await driver.send({ name: 'interop.fail_custom' });

    const { state, result, traceback } = await driver.get(id, 10);

    expect(state).toBe('FAILURE');
    expect(result).toEqual({
      $type: 'exception',
      value: {
        class: 'InteropError',
        module: expect.any(String) as string,
        args: ['custom', 2],
        text: "('custom', 2)",
      },
    });
    expect(traceback).toContain('raise InteropError(message, code)');
  });

  it('retries, and keeps what is sent by a task as its child', async () => {
    const retried = await driver.send({ name: 'interop.retry_twice' });
    const parent = await driver.send({ name: 'interop.children' });

    expect((await driver.get(retried, 15)).result).toEqual({ retries: 2 });
    const { result, children } = await driver.get(parent, 10);
    expect(children).toEqual([result]);
    expect((await driver.get(children[0] as string, 10)).result).toBe(3);
  });

  it('follows links, chains and link errors', async () => {
    const file = path.join(folder, 'links');
    await driver.send({
      name: 'interop.add',
      args: [1, 1],
      link: [{ name: 'interop.append', args: [file] }],
    });
    await lines(file, 1);
    await driver.send({ name: 'interop.add', args: [2, 2], chain: [{ name: 'interop.append', args: [file] }] });
    await lines(file, 2);
    const failed = await driver.send({
      name: 'interop.fail',
      link_error: [
        { name: 'interop.on_error', kwargs: { path: file } },
        { name: 'interop.on_error_new', kwargs: { path: file } },
      ],
    });

    const written = await lines(file, 4);

    expect(written.slice(0, 2)).toMatchObject([{ value: 2 }, { value: 4 }]);
    expect(written.slice(2).toSorted((a, b) => String(a['style']).localeCompare(String(b['style'])))).toMatchObject([
      { style: 'new', id: failed, type: 'ValueError', arguments: ['x', 1] },
      { style: 'old', id: failed },
    ]);
  });

  it('keeps no result of a task that ignores it', async () => {
    const file = path.join(folder, 'ignored');
    const id = await driver.send({ name: 'interop.ignore', kwargs: { marker: file } });
    await lines(file, 1);

    expect(await driver.get(id)).toMatchObject({ state: 'PENDING', result: null });
  });

  it('sends what it does not know, and shows what lies in the broker', async () => {
    await driver.send({ name: 'nowhere.known', options: { queue: 'elsewhere', priority: 3, countdown: 60 } });

    const found = await driver.keys('elsewhere*');

    const { type, value } = found['elsewhere\u0006\u00163'] as PythonKey;
    expect(type).toBe('list');
    expect(JSON.parse((value as string[])[0] as string)).toMatchObject({ headers: { task: 'nowhere.known' } });
  });

  it('says what went wrong in Python, and goes on', async () => {
    await expect(driver.send({ name: 'interop.add', options: { serializer: 'none' } })).rejects.toThrow(
      /Python's "send" failed: \w+/,
    );
    await expect(runPython(python, 'interop_cli.py', ['nothing'])).rejects.toThrow('expected one of send, ');

    expect(await driver.versions()).toHaveProperty('kombu');
  });

  it('keeps to a key prefix and a queue', async () => {
    const prefixed = { ...settings, keyPrefix: 'pre:', queue: 'own' };
    const other = PythonDriver.open(python, prefixed);
    try {
      await other.send({ name: 'interop.add', args: [1, 2] });

      expect(await driver.keys('pre:own')).toMatchObject({ 'pre:own': { type: 'list' } });
    } finally {
      await other.close();
    }
  });

  it('finishes what runs when it is stopped, in a prefork pool', async () => {
    const marker = path.join(folder, 'slow');
    const env = interopEnvironment({ ...settings, queue: 'slow' });
    const prefork = await PythonWorker.start({
      ...{ python, env, logFile: logFile('prefork'), pool: 'prefork', concurrency: 2, queues: ['slow'] },
    });
    await driver.send({ name: 'interop.slow', args: [1, marker], options: { queue: 'slow' } });
    await lines(marker, 1);

    const end = await prefork.stop();

    expect(end).toEqual({ code: 0, signal: null });
    expect(linesOf(marker).map(({ event }) => event)).toEqual(['start', 'end']);
  });

  it('is killed with all its processes', async () => {
    const env = interopEnvironment(settings);
    const prefork = await PythonWorker.start({
      ...{ python, env, logFile: logFile('killed'), pool: 'prefork', concurrency: 2, queues: ['nothing'] },
    });
    const children = childrenOf(prefork.pid);

    const end = await prefork.kill();

    expect(end.signal).toBe('SIGKILL');
    expect(children.length).toBeGreaterThanOrEqual(2);
    await until(() => !children.some(isAlive), { withinMs: 5_000, what: 'the end of the children' });
  });

  it('says why a worker does not start', async () => {
    const env = interopEnvironment(settings);
    const start = PythonWorker.start({ python, env, logFile: logFile('none'), app: 'no_such_app' });

    await expect(start).rejects.toThrow(/ended instead of starting[^]*no_such_app/);
  });
}

describe('a Python that is not there', () => {
  it('is an error that names it', async () => {
    await expect(runPython('/nowhere/python', 'interop_cli.py', [])).rejects.toThrow(
      '/nowhere/python could not be started',
    );
  });
});
