import { performance } from 'node:perf_hooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BrokerUnavailableError } from '../../../lib/errors/index.js';
import { message } from '../../conformance/broker.bench.js';
import { freePort } from '../../tools/free-port.js';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { until } from '../../tools/until.js';
import { prepareBroker, startOwnServer } from './own-server.js';

async function failureOf(work: Promise<unknown>): Promise<{ readonly error: Error; readonly tookMs: number }> {
  const startMs = performance.now();
  const error = await work.then(
    () => new Error('It did not fail.'),
    (reason: unknown) => reason as Error,
  );
  return { error, tookMs: performance.now() - startMs };
}

describeWithServer('redis', 'a Redis that is away', () => {
  describe('at start', () => {
    it('is tried again and again, with a line in the log, until it is there', async () => {
      const port = await freePort();
      const { broker, logged } = prepareBroker(`redis://127.0.0.1:${port}`, { startTimeout: '30s' });
      const connecting = broker.connect();
      await until(() => logged.length > 0, { withinMs: 5_000, what: 'a line' });

      const server = await RedisServer.start({ port });
      onTestFinished(() => server.stop());
      await connecting;

      expect(broker.status).toBe('ready');
      expect(logged[0]).toMatch(/^warn No connection to redis:\/\/127.0.0.1:\d+\/0, trying again: .*ECONNREFUSED/);
      expect(logged.filter((line) => line.includes('trying again'))).toHaveLength(1); // no line for each attempt
    });

    it('is given up after startTimeout, with what was wrong', async () => {
      const { broker } = prepareBroker(`redis://127.0.0.1:${await freePort()}`, { startTimeout: '500ms' });

      const { error, tookMs } = await failureOf(broker.connect());

      expect(error).toBeInstanceOf(BrokerUnavailableError);
      expect(error.message).toMatch(/ECONNREFUSED.*Is the server running, and is the address right\?/);
      expect(tookMs).toBeGreaterThan(450);
      expect(tookMs).toBeLessThan(3_000);
    });

    it('is tried once where startTimeout is 0, and may be connected later', async () => {
      const port = await freePort();
      const { broker } = prepareBroker(`redis://127.0.0.1:${port}`, { startTimeout: 0 });
      const { error, tookMs } = await failureOf(broker.connect());
      expect(error.message).toContain('ECONNREFUSED');
      expect(tookMs).toBeLessThan(2_000);

      const server = await RedisServer.start({ port });
      onTestFinished(() => server.stop());
      await broker.connect();

      expect(broker.status).toBe('ready');
    });

    it('fails within startTimeout where a server accepts and says nothing', async () => {
      const { url } = await startOwnServer();
      const proxy = await TcpProxy.open(Number(new URL(url).port));
      onTestFinished(() => proxy.close());
      proxy.stall();
      const { broker } = prepareBroker(proxy.urlFor(url), { startTimeout: '700ms' });

      const { error, tookMs } = await failureOf(broker.connect());

      expect(error).toBeInstanceOf(BrokerUnavailableError);
      expect(tookMs).toBeLessThan(3_000);
    });
  });

  describe('later', () => {
    it('lets what is sent wait, and gets it once when it is back', async () => {
      const server = await startOwnServer([], { appendOnly: true });
      const { broker, logged } = prepareBroker(server.url, { outageTimeout: '20s' });
      await broker.connect();
      await broker.publish([message('before')]);
      await server.kill('SIGTERM');

      const sending = broker.publish([message('during')]);
      await server.restart();
      await sending;

      expect(await broker.queues?.size('q')).toBe(2);
      expect(logged).toContainEqual(expect.stringMatching(/^info Connected to .* again after \d+ ms/));
    });

    it('fails what is sent after outageTimeout, saying that nothing was', async () => {
      const server = await startOwnServer();
      const { broker } = prepareBroker(server.url, { outageTimeout: '400ms' });
      await broker.connect();
      await server.kill('SIGTERM');
      await until(() => broker.status === 'connecting', { withinMs: 5_000, what: 'the outage is noticed' });

      const { error, tookMs } = await failureOf(broker.publish([message('a')]));

      expect(error).toBeInstanceOf(BrokerUnavailableError);
      expect(error.message).toMatch(/Nothing was sent for 400 ms \("outageTimeout"\)/);
      expect(tookMs).toBeGreaterThan(350);
      expect(tookMs).toBeLessThan(3_000);
      await server.restart();
      await until(() => broker.status === 'ready', { withinMs: 5_000, what: 'it is connected again' });
      await broker.publish([message('b')]);
    });

    it('says so where a message may have been sent or not', async () => {
      const server = await startOwnServer();
      const proxy = await TcpProxy.open(server.port);
      onTestFinished(() => proxy.close());
      const { broker } = prepareBroker(proxy.urlFor(server.url), { outageTimeout: '400ms' });
      await broker.connect();
      await broker.publish([message('warm')]);
      const cut = proxy.cutAfterRequest('conformance.unsure');
      const sending = failureOf(broker.publish([message('unsure', { body: 'conformance.unsure' })]));
      void cut.then(() => proxy.drop());

      const { error } = await sending;

      expect(error.message).toMatch(/they may have been sent or not/);
    });
  });
});
