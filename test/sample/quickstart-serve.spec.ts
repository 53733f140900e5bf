import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256, writeFiles, writeHeavyFiles } from './input-files.js';
import { get, post, Quickstart, type Answer } from './quickstart.js';

/** One run of the sample serves all of these: what they look at does not change it. */
describe('the HTTP API of the sample', () => {
  const folders: string[] = [];
  let run: Quickstart;
  let url: string;

  beforeAll(async () => {
    const directory = writeFiles(new Map([['first.txt', Buffer.from('first\n')]]));
    folders.push(directory);
    run = new Quickstart([directory]);
    url = await run.isServing();
  });

  afterAll(async () => {
    await run.dispose();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  async function finished(state: string, withinMs = 40_000): Promise<Answer> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = await get(url + state);
      if (answer.body['state'] === 'SUCCESS' || answer.body['state'] === 'FAILURE') return answer;
      if (performance.now() > deadline) throw new Error(`Not finished in ${withinMs} ms: ${JSON.stringify(answer)}`);
      await pause(50);
    }
  }

  it('shows the first report on standard output before it serves others', () => {
    expect(run.stdout).toMatch(/^Report of .*: 1 files, 6 bytes, .*\n.* first\.txt\n$/);
  });

  it('answers 202 with an id, then state, progress and result by that id', async () => {
    const directory = writeFiles(new Map([['a.md', Buffer.from('# A\n')]]));
    folders.push(directory);

    const accepted = await post(`${url}/reports`, { directory });
    const id = String(accepted.body['id']);
    const state = await finished(`/reports/${id}`);
    const result = await get(`${url}/reports/${id}/result`);

    expect(accepted).toEqual({
      status: 202,
      body: { id, state: `/reports/${id}`, result: `/reports/${id}/result` },
    });
    expect(state).toEqual({ status: 200, body: { id, state: 'SUCCESS', progress: { done: 2, total: 2 } } });
    expect(result.status).toBe(200);
    expect(result.body).toMatchObject({
      directory,
      totals: { files: 1, bytes: 4, lines: 1, words: 2 },
      files: [{ path: 'a.md', sha256: sha256(Buffer.from('# A\n')), licence: 'CC-BY-4.0' }],
      failed: [],
      leftOut: [],
    });
  });

  it('answers at once while the worker is busy, and shows how far it is', async () => {
    const heavy = writeHeavyFiles(24);
    const light = writeFiles(new Map([['a.txt', Buffer.from('a\n')]]));
    folders.push(heavy, light);

    const first = await post(`${url}/reports`, { directory: heavy });
    const times: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const startMs = performance.now();
      const answer = await post(`${url}/reports`, { directory: light });
      times.push(performance.now() - startMs);
      expect(answer.status).toBe(202);
    }
    const busy = await get(`${url}/reports/${String(first.body['id'])}`);
    const tooEarly = await get(`${url}/reports/${String(first.body['id'])}/result`);
    const last = await finished(`/reports/${String(first.body['id'])}`);

    expect(Math.min(...times)).toBeLessThan(200);
    expect(busy.body).toMatchObject({ state: 'STARTED' });
    expect(tooEarly).toMatchObject({
      status: 409,
      body: { message: 'The report is not finished: its state is STARTED' },
    });
    expect(last.body).toMatchObject({ state: 'SUCCESS', progress: { done: 30, total: 30 } });
  });

  it.each(['', '/result'])('answers 404 for an id it does not know: /reports/<id>%s', async (suffix) => {
    const id = randomUUID();

    const answer = await get(`${url}/reports/${id}${suffix}`);

    expect(answer).toMatchObject({ status: 404, body: { message: `No report has the id "${id}"` } });
  });

  it.each([
    [{ directory: '/no/such/directory' }, 'There is no directory "/no/such/directory"'],
    [{ directory: '/etc/hostname' }, 'There is no directory "/etc/hostname"'],
    [{}, 'Expected a JSON body with a directory, such as {"directory": "/usr/share"}'],
    [{ directory: 5 }, 'Expected a JSON body with a directory, such as {"directory": "/usr/share"}'],
  ])('answers 400 to %j', async (body, message) => {
    const answer = await post(`${url}/reports`, body);

    expect(answer).toMatchObject({ status: 400, body: { message } });
  });

  it('answers 400 to a request without a body', async () => {
    const answer = await fetch(`${url}/reports`, { method: 'POST' });

    expect(answer.status).toBe(400);
  });

  it('runs the scheduled task', async () => {
    const [tick] = await run.says(/licence API: \d+ answered, \d+ failed, \d+ stalled/);

    expect(tick).toBeDefined();
  });
});
