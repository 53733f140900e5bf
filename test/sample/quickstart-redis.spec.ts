import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { describeWithServer } from '../tools/servers.js';
import { writeOddFiles } from './input-files.js';
import { Quickstart } from './quickstart.js';

describeWithServer('redis', 'the quickstart on Redis', (url) => {
  it('reports every file, with nothing but the variable changed', { timeout: 60_000 }, async () => {
    const { directory, files } = writeOddFiles();
    const database = url.replace(/0$/, '202');
    const redis = new Redis(database);
    const run = new Quickstart(['--exit', directory], { env: { TASK_QUEUE_BROKER_URL: database } });
    onTestFinished(async () => {
      await run.dispose();
      await redis.flushdb();
      await redis.quit();
      rmSync(directory, { recursive: true, force: true });
    });

    const end = await run.ended;

    expect(end).toEqual({ code: 0, signal: null });
    expect(run.stdout.startsWith(`Report of ${directory}: ${files.size} files, `)).toBe(true); // no warning before it
    expect((await redis.keys('celery-task-meta-*')).length).toBeGreaterThan(files.size);
    expect(await redis.exists('celery', 'unacked', 'unacked_index')).toBe(0); // all of it is done
  });
});
