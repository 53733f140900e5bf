import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import { familyOf, isAlive } from '../tools/proc.js';
import { programPath } from '../tools/programs.js';
import { describeWithServer } from '../tools/servers.js';
import { until } from '../tools/until.js';

const deadlineMs = 60_000;

describeWithServer('celery', 'the sample of Celery and Nest', (python) => {
  describeWithServer('redis', 'on one Redis', (url) => {
    const ends: (() => Promise<unknown>)[] = [];

    afterEach(async () => {
      for (const end of ends.splice(0)) await end();
    });

    /** Starts it as its user does. */
    function start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
      const child = spawn(process.execPath, [programPath('sample/02-celery-interop/src/main.ts'), ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1', PORT: '0', SAMPLE_PYTHON: python, TASK_QUEUE_BROKER_URL: '', ...env },
      });
      const said = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      ends.push(async () => {
        child.kill('SIGTERM');
        await ended;
      });
      return { child, said, ended };
    }

    it('shows each side calling the other, on the Redis it is given', { timeout: deadlineMs }, async () => {
      const database = url.replace(/0$/, '201');
      const redis = new Redis(database);
      ends.push(async () => {
        await redis.flushdb();
        await redis.quit();
      });
      const { said, ended } = start(['--exit'], { TASK_QUEUE_BROKER_URL: database });

      expect([await ended, said.stdout.split('\n')]).toEqual([
        0,
        [
          'Nest called Python:           pricing.quote([apple, pear], discount=0.1) -> 0.69',
          'Python raised in Nest:        UnknownArticle: durian',
          'Python, then Nest, by a link: pricing.quote, orders.invoice -> Invoice for order A-0: 0.84 EUR',
          'Python called Nest:           orders.invoice(0.77, order=A-1) -> Invoice for order A-1: 0.77 EUR',
          'Nest threw in Python:         InvalidTotalError: Order A-2 has a total of -5',
          'Python, then Nest, in a chain: pricing.quote | orders.invoice -> Invoice for order A-3: 1.55 EUR',
          '',
        ],
      ]);
      expect(await redis.keys('celery-task-meta-*')).not.toEqual([]);
    });

    it(
      'answers over HTTP what Python computes, and ends with all it has started',
      { timeout: deadlineMs },
      async () => {
        const { child, said, ended } = start([]);
        await until(() => said.stderr.includes('Ctrl-C ends it'), {
          withinMs: 40_000,
          what: 'The sample serves',
          detail: () => said.stderr,
        });
        const [, base = ''] = /curl (\S+)\/quotes\/apple/.exec(said.stderr) ?? [];
        const family = familyOf(child.pid ?? 0);

        const good = await fetch(`${base}/quotes/apple,pear`);
        const bad = await fetch(`${base}/quotes/durian`);
        const startMs = performance.now();
        child.kill('SIGINT');

        expect([good.status, await good.json()]).toEqual([200, { total: '0.77' }]);
        expect([bad.status, await bad.json()]).toMatchObject([404, { message: 'There is no price of "durian"' }]);
        expect(await ended).toBe(0);
        expect(performance.now() - startMs).toBeLessThan(20_000);
        expect(family.length).toBeGreaterThanOrEqual(4); // web, Redis, Python, Nest
        expect(family.filter(isAlive)).toEqual([]);
      },
    );
  });
});
