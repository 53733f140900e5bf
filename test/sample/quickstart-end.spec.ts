import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFiles, writeHeavyFiles } from './input-files.js';
import { Quickstart } from './quickstart.js';

describe('the end of the sample', () => {
  const folders: string[] = [];
  let runs: Quickstart[] = [];

  beforeEach(() => {
    runs = [];
  });

  afterEach(async () => {
    await Promise.all(runs.map((run) => run.dispose()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function start(directory: string, ...rest: [{ env: Record<string, string> }?]): Quickstart {
    folders.push(directory);
    const run = new Quickstart([directory], ...rest);
    runs.push(run);
    return run;
  }

  const small = (): string => writeFiles(new Map([['a.txt', Buffer.from('a\n')]]));

  const noSurvivors = (run: Quickstart): Promise<void> =>
    vi.waitFor(() => expect(run.survivors()).toEqual([]), { timeout: 5_000, interval: 10 });

  const workerStarted = (run: Quickstart): Promise<void> =>
    vi.waitFor(() => expect(run.processes().length).toBeGreaterThan(1), { timeout: 20_000, interval: 10 });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends web and worker process on %s, with code 0',
    async (signal) => {
      const run = start(small());
      await run.isServing();
      const family = run.processes();

      run.signal(signal);
      const end = await run.ended;

      expect(family.length).toBeGreaterThanOrEqual(3); // web, worker, at least one child
      expect(end).toEqual({ code: 0, signal: null });
      expect(run.stderr).toContain('warm shutdown');
      await noSurvivors(run);
    },
  );

  it('ends in the middle of a report', async () => {
    const run = start(writeHeavyFiles(40));
    await run.says(/STARTED, [1-9]\d* of 50 tasks done/);
    run.processes();

    run.signal('SIGINT');
    const end = await run.ended;

    expect(end).toEqual({ code: 0, signal: null });
    await noSurvivors(run);
  });

  it('ends before it serves', async () => {
    const run = start(small());
    await workerStarted(run);

    run.signal('SIGINT');
    const end = await run.ended;

    expect(end).toEqual({ code: 0, signal: null });
    await noSurvivors(run);
  });

  it('says that its worker was killed, and ends with code 1', async () => {
    const run = start(small());
    await run.isServing();

    process.kill(await run.workerPid, 'SIGKILL');
    const end = await run.ended;

    expect(end).toEqual({ code: 1, signal: null });
    expect(run.stderr).toContain('The worker ended (SIGKILL); its log above says why');
    await noSurvivors(run);
  });

  it('says that its worker cannot run, with the reason above, and ends with code 1', async () => {
    const run = start(small(), { env: { TASK_QUEUE_CONCURRENCY: 'many' } });

    const end = await run.ended;

    expect(end).toEqual({ code: 1, signal: null });
    expect(run.stderr).toMatch(/TASK_QUEUE_CONCURRENCY[^]*The worker ended \(code 1\); its log above says why/);
  });

  it('says that its port is taken, and leaves no worker behind', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const run = start(small(), { env: { PORT: String(port) } });
      await workerStarted(run);

      const end = await run.ended;

      expect(end).toEqual({ code: 1, signal: null });
      expect(run.stderr).toContain('EADDRINUSE');
      await noSurvivors(run);
    } finally {
      server.close();
    }
  });
});
