import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Injectable } from '@nestjs/common';
import {
  chord,
  Ctx,
  every,
  group,
  Reject,
  Schedule,
  Task,
  TaskContext,
  type TaskQueueModuleOptions,
} from 'nest-task-queue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RedisRefusedError } from '../../../lib/errors/index.js';
import { message } from '../../conformance/broker.bench.js';
import { eventually } from '../../e2e/outcomes/eventually.js';
import { startInline } from '../../e2e/outcomes/inline-rig.js';
import { freePort } from '../../tools/free-port.js';
import { selfSigned } from '../../tools/self-signed.js';
import { describeWithServer } from '../../tools/servers.js';
import { lookInto, prepareBroker, refusal, startOwnServer, withAccess } from './own-server.js';

/** As README lists them under "Redis users". */
const RIGHTS =
  '+@connection +@scripting +@transaction +@hash +@list +@set +@sortedset +@string +type +exists +expire +pexpire +del +unlink +time +publish +subscribe +unsubscribe +psubscribe +punsubscribe +info';

@Injectable()
class Errands {
  static ticks = 0;

  @Task({ name: 'adds' })
  adds(a: number, b: number): number {
    return a + b;
  }

  @Task({ name: 'retries' })
  retries(@Ctx() context: TaskContext): number {
    if (context.retries === 0) context.retry({ countdown: 100 });
    return context.retries;
  }

  @Task({ name: 'rejects' })
  rejects(): void {
    throw new Reject('not wanted');
  }

  @Task({ name: 'sums' })
  sums(numbers: readonly number[]): number {
    return numbers.reduce((sum, each) => sum + each, 0);
  }

  @Schedule(every('1s'))
  @Task({ name: 'ticks' })
  ticks(): void {
    Errands.ticks += 1;
  }
}

/** Everything that a client and a worker ask of a server. */
async function runErrands(module: TaskQueueModuleOptions): Promise<void> {
  const { client, quiet, startWorker } = await startInline([Errands], { module, worker: false });
  const tasks = client.for(Errands);
  const worker = await startWorker();
  const wait = { timeout: '10s' } as const;
  expect(await (await tasks.adds.applyAsync([1, 2], { priority: 3 })).get(wait)).toBe(3);
  expect(await (await tasks.retries.delay()).get(wait)).toBe(1);
  const joined = await client.apply(chord([tasks.adds.s(1, 2), tasks.adds.s(3, 4)], tasks.sums.s()));
  expect(await joined.get(wait)).toBe(10);
  const failed = await client.apply(
    chord([tasks.adds.s(1, 2), client.remote<[], number>('rejects').si()], tasks.sums.s()),
  );
  expect(String(await failed.get({ ...wait, propagate: false }))).toContain('ChordError');
  const saved = await client.apply(group(tasks.adds.s(1, 1), tasks.adds.s(2, 2)));
  await saved.save();
  expect(await (await client.restoreGroup(saved.id))?.get(wait)).toEqual([2, 4]);
  await (await tasks.rejects.delay()).get({ ...wait, propagate: false });
  await eventually('a tick', () => Errands.ticks > 0);
  const later = await tasks.adds.applyAsync([1, 1], { countdown: '1h' });
  await client.revoke(later.id);
  await eventually('it is parked', async () => (await client.queues.stats('celery')).parked === 1);
  expect(await client.queues.purge('celery')).toBeGreaterThan(0);
  expect(await client.deadLetters.list('celery')).toHaveLength(2);
  expect(await client.deadLetters.redrive('celery')).toBe(2);
  await eventually('they are dead again', async () => (await client.deadLetters.count('celery')) === 2);
  await client.deadLetters.purge('celery');
  await client.queues.pause('celery');
  expect(await client.queues.paused()).toEqual(['celery']);
  await client.queues.resume('celery');
  await quiet();
  await later.forget();
  await worker.stop();
}

describeWithServer('redis', 'ways into a Redis', () => {
  describe('a user', () => {
    async function startWithUser(rules: string): Promise<string> {
      const { url } = await startOwnServer();
      const admin = lookInto(url);
      await admin.call('ACL', 'SETUSER', 'worker', 'on', '>secret', 'resetchannels', ...rules.split(' '));
      return withAccess(url, { username: 'worker', password: 'secret' });
    }

    it('needs no more rights than README lists', async () => {
      expect(readFileSync('README.md', 'utf8')).toContain(`**Redis users** need \`${RIGHTS}\``);
      const url = await startWithUser(
        `${RIGHTS} ~shop:* ~shop_celery-task-meta-* ~shop_celery-taskset-meta-* ~shop_ntq:chord:* &shop:* &shop:/0.celeryev/worker.* &shop_celery-task-meta-* &shop_celery-taskset-meta-*`,
      );
      const admin = lookInto(withAccess(url, { username: '', password: '' }));

      await runErrands({
        broker: { url, keyPrefix: 'shop:' },
        results: { url, keyPrefix: 'shop_' },
      });

      const denied = (await admin.call('ACL', 'LOG')) as string[][];
      expect([...new Set(denied.map((entry) => entry[entry.indexOf('object') + 1]))]).toEqual(['config|get']); // asked for warnings alone
    });

    it('that may not write is told what it lacks', async () => {
      const { broker } = prepareBroker(await startWithUser('+@connection +info +@read ~* &*'));
      await broker.connect();

      await expect(broker.publish([message('a')])).rejects.toThrow(/NOPERM.*README lists under "Redis users"/);
    });

    it('that may not touch these keys is told so', async () => {
      const { broker } = prepareBroker(await startWithUser(`${RIGHTS} ~other:* &*`));
      await broker.connect();

      await expect(broker.publish([message('a')])).rejects.toThrow(/its user lacks a right/);
    });
  });

  describe('TLS', () => {
    async function startTls(): Promise<{ readonly url: string; readonly ca: string }> {
      const folder = await mkdtemp(path.join(tmpdir(), 'ntq-tls-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const { cert, key } = selfSigned('ntq test');
      const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
      writeFileSync(certFile, cert);
      writeFileSync(keyFile, key);
      const port = String(await freePort());
      const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
      await startOwnServer(['--port', '0', '--tls-port', port, '--tls-auth-clients', 'no', ...files]);
      return { url: `rediss://127.0.0.1:${port}/0`, ca: cert };
    }

    it('works with the certificate of its authority, for broker and results', async () => {
      const { url, ca } = await startTls();

      await runErrands({ broker: { url, tls: { ca } } });
    });

    it('is refused where nobody vouches for the server, and the error names the certificate', async () => {
      const { url } = await startTls();

      const error = await refusal(url, { startTimeout: 0 });
      const wrong = await refusal(url, { startTimeout: 0, tls: { ca: selfSigned('another').cert } });

      expect(error.message).toMatch(/self-signed certificate|unable to verify/);
      expect(wrong.message).toMatch(/certificate|unable to verify/);
    });

    it('says so where a server speaks none', async () => {
      const { url } = await startOwnServer();

      const error = await refusal(url.replace('redis:', 'rediss:'), { startTimeout: 0, connectTimeout: '300ms' });

      expect(error.message).toMatch(/is not available/);
    });
  });

  it('works over a socket of the file system', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ntq-socket-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const socket = path.join(folder, 'redis.sock');
    await startOwnServer(['--unixsocket', socket]);

    await runErrands({ broker: `redis+socket://${socket}?virtual_host=3` });
  });

  it('is refused where a socket is not there', async () => {
    const error = await refusal('redis+socket:///nowhere/redis.sock', { startTimeout: 0 });

    expect(error).not.toBeInstanceOf(RedisRefusedError);
    expect(error.message).toMatch(/redis\+socket:\/\/\/nowhere\/redis.sock.*ENOENT/);
  });
});
