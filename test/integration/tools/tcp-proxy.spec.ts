import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { RedisServer } from '../../tools/redis-server.js';
import { describeWithServer } from '../../tools/servers.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { until } from '../../tools/until.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** One end of a connection, with what it has read. */
class End {
  text = '';
  hasEnded = false;
  isClosed = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.text += text));
    socket.once('end', () => (this.hasEnded = true));
    socket.once('close', () => (this.isClosed = true));
    socket.on('error', () => undefined);
    closing.push(() => socket.destroy());
  }

  async reads(text: string): Promise<void> {
    await until(() => this.text === text, { withinMs: 5_000, what: `"${text}"`, detail: () => `Read: "${this.text}"` });
  }

  async ends(): Promise<void> {
    await until(() => this.hasEnded || this.isClosed, { withinMs: 5_000, what: 'the end of a connection' });
  }
}

/** A server that answers nothing by itself, and a proxy before it. */
async function setup() {
  const accepted: End[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => accepted.push(new End(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const proxy = await TcpProxy.open((server.address() as AddressInfo).port);
  closing.push(() => proxy.close());

  const dial = (): End => new End(connect({ host: '127.0.0.1', port: proxy.port, allowHalfOpen: true }));
  const pair = async (): Promise<{ client: End; server: End }> => {
    const before = accepted.length;
    const client = dial();
    return {
      client,
      server: await until(() => accepted[before], { withinMs: 5_000, what: 'a connection to the server' }),
    };
  };
  const { port } = server.address() as AddressInfo;
  return { proxy, dial, pair, accepted, port };
}

describe('a proxy between client and server', () => {
  it('passes bytes and ends both ways', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();

    client.socket.write('ask');
    await server.reads('ask');
    server.socket.write('answer');
    await client.reads('answer');
    expect(proxy.connectionCount).toBe(1);
    client.socket.end();
    await server.ends();
    server.socket.end('last');
    await client.ends();

    expect(client.text).toBe('answerlast');
    await until(() => proxy.connectionCount === 0, { withinMs: 5_000, what: 'no connection' });
    expect(proxy.acceptedCount).toBe(1);
  });

  it('passes more than the buffers hold, to a reader that is slow', async () => {
    const { pair } = await setup();
    const { client, server } = await pair();
    const size = 20 * 1024 * 1024;

    server.socket.pause();
    client.socket.end(Buffer.alloc(size, 'x'));
    const isOnTheWay = (): boolean => server.socket.readableLength > 0;
    await until(isOnTheWay, { withinMs: 5_000, what: 'first bytes' });
    server.socket.resume();
    await server.ends();

    expect(server.text.length).toBe(size);
  });

  it('closes the client where the server is not there', async () => {
    const proxy = await TcpProxy.open(1);
    closing.push(() => proxy.close());
    const client = new End(connect({ host: '127.0.0.1', port: proxy.port }));

    await client.ends();
  });

  it('drops all connections and refuses new ones until it passes again', async () => {
    const { proxy, dial, pair } = await setup();
    const { client, server } = await pair();

    await proxy.drop();
    await client.ends();
    await server.ends();
    const [error] = (await once(dial().socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await proxy.pass();

    const next = await pair();
    next.client.socket.write('again');
    await next.server.reads('again');
  });

  it('forwards nothing while it stalls, and all of it afterwards', async () => {
    const { proxy, dial, pair, accepted } = await setup();
    const { client, server } = await pair();
    const { client: leaver, server: left } = await pair();

    proxy.stall();
    client.socket.write('ask');
    server.socket.write('answer');
    leaver.socket.end('bye');
    const late = dial();
    late.socket.write('late');
    const through = until(() => accepted[2], { withinMs: 5_000, what: 'the late connection' });
    // What was written before them has long been here when a whole connection has been made and answered beside it.
    const other = await setup();
    await other.pair();
    expect([server.text, client.text, left.text, left.hasEnded]).toEqual(['', '', '', false]);
    expect((await through).text).toBe('');
    await proxy.pass();

    await server.reads('ask');
    await client.reads('answer');
    await left.reads('bye');
    await left.ends();
    await (await through).reads('late');
  });

  it('half-closes towards the client, while the server is not told', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();
    server.socket.write('one');
    await client.reads('one');

    proxy.halfClose('client');
    await client.ends();
    server.socket.write('two');
    client.socket.end('still');
    await server.reads('still');
    await until(() => client.isClosed, { withinMs: 5_000, what: 'the client closed' });

    expect([client.text, server.hasEnded]).toEqual(['one', false]);
    expect(proxy.connectionCount).toBe(0);
    await proxy.close();
    await server.ends();
  });

  it('half-closes towards the server, while the client is not told', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();

    proxy.halfClose('server');
    await server.ends();
    client.socket.write('into the void');
    server.socket.end('last');
    await client.reads('last');
    await until(() => server.isClosed, { withinMs: 5_000, what: 'the server closed' });

    expect([server.text, client.hasEnded, proxy.connectionCount]).toEqual(['', false, 1]);
    const next = await pair();
    next.client.socket.write('new');
    await next.server.reads('new');
  });

  it.each(['b😀d', /b.*d/])(
    'cuts the connection after a request with %s: the server has it, no reply comes',
    async (pattern) => {
      const { proxy, pair } = await setup();
      const { client, server } = await pair();
      const { client: bystander, server: beside } = await pair();

      const cut = proxy.cutAfterRequest(pattern);
      client.socket.write('a');
      await server.reads('a');
      server.socket.write('A');
      await client.reads('A');
      client.socket.write(Buffer.from('b😀').subarray(0, 3)); // across two chunks
      await server.reads('ab\u00f0\u009f');
      client.socket.write(Buffer.from('b😀d and more').subarray(3));
      await server.reads(Buffer.from('ab😀d and more').toString('latin1'));
      await server.ends();
      server.socket.end('B');
      await cut;

      await client.ends();
      expect(client.text).toBe('A');
      bystander.socket.write('b😀d');
      await beside.reads(Buffer.from('b😀d').toString('latin1'));
      beside.socket.write('fine');
      await bystander.reads('fine');
    },
  );

  it('cuts the connection before a request, which the server does not get', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();
    client.socket.write('push ');
    await server.reads('push ');

    const cut = proxy.cutBeforeRequest('push');
    client.socket.write('other ');
    await server.reads('push other ');
    client.socket.write('push');
    await cut;

    await client.ends();
    await server.ends();
    expect(server.text).toBe('push other ');
  });

  it('keeps a request from the server for as long as it is held, and nothing else', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();
    const { client: bystander, server: beside } = await pair();

    const held = proxy.holdRequest('push', 'request');
    client.socket.write('push');
    const release = await held;
    client.socket.write(' more');
    bystander.socket.write('push');
    await beside.reads('push');
    expect(server.text).toBe('');
    release();

    await server.reads('push more');
  });

  it('keeps a reply from the client for as long as it is held', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();

    const held = proxy.holdRequest('pop', 'reply');
    client.socket.write('pop');
    const release = await held;
    await server.reads('pop');
    server.socket.end('x');
    const other = await pair();
    other.server.socket.write('beside');
    await other.client.reads('beside');
    expect(client.text).toBe('');
    release();

    await client.reads('x');
    await client.ends();
  });

  it('leads new connections to another server', async () => {
    const { proxy, pair } = await setup();
    const { client, server } = await pair();
    const other = await setup();
    proxy.aimAt(other.port);
    const next = new End(connect({ host: '127.0.0.1', port: proxy.port }));
    const led = await until(() => other.accepted[0], { withinMs: 5_000, what: 'a connection to the other server' });

    next.socket.write('there');
    client.socket.write('here');

    await led.reads('there');
    await server.reads('here');
  });

  it('puts its port into an address', async () => {
    const { proxy } = await setup();

    expect(proxy.urlFor('redis://me:pw@localhost:6379/3?x=1')).toBe(`redis://me:pw@127.0.0.1:${proxy.port}/3?x=1`);
    expect(proxy.urlFor('redis://localhost')).toBe(`redis://127.0.0.1:${proxy.port}`);
  });
});

describeWithServer('redis', 'a proxy before Redis', () => {
  async function setupRedis() {
    const server = await RedisServer.start();
    closing.push(() => server.stop());
    const proxy = await TcpProxy.open(server.port);
    closing.push(() => proxy.close());
    const direct = new Redis(server.url);
    closing.push(() => direct.disconnect());
    const redis = new Redis(proxy.urlFor(server.url), {
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => 20,
    });
    redis.on('error', () => undefined);
    closing.push(() => redis.disconnect());
    await redis.ping();
    return { proxy, direct, redis };
  }

  it('lets a command be done whose reply is lost', async () => {
    const { proxy, direct, redis } = await setupRedis();

    const cut = proxy.cutAfterRequest('lpush');
    await expect(redis.lpush('list', 'x')).rejects.toThrow('max retries');
    await cut;

    expect(await direct.llen('list')).toBe(1);
  });

  it('keeps a command from Redis', async () => {
    const { proxy, direct, redis } = await setupRedis();

    const cut = proxy.cutBeforeRequest(/lpush/i);
    await expect(redis.lpush('list', 'x')).rejects.toThrow('max retries');
    await cut;

    expect(await direct.llen('list')).toBe(0);
  });
});
