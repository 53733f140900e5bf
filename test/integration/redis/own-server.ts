import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { createBroker, type Broker, type BrokerOptions } from '../../../lib/brokers/index.js';
import { RedisServer, type RedisServerOptions } from '../../tools/redis-server.js';

/** A server of one test, which ends with it. */
export async function startOwnServer(
  args: readonly string[] = [],
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  const server = await RedisServer.start({ ...options, args });
  onTestFinished(() => server.stop());
  return server;
}

/** A connection past the library, which ends with the test. */
export function lookInto(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

/** A broker that is not connected, and what it logs: each line with its level before it. It is closed with the test. */
export function prepareBroker(
  url: string,
  options: BrokerOptions = {},
): { readonly broker: Broker; readonly logged: readonly string[] } {
  const logged: string[] = [];
  const log = {
    info: (line: string) => void logged.push(`info ${line}`),
    warn: (line: string) => void logged.push(`warn ${line}`),
  };
  const broker = createBroker(url, { startTimeout: '5s', ...options }, { log });
  onTestFinished(() => broker.close());
  return { broker, logged };
}

/** What connecting fails with. */
export async function refusal(url: string, options: BrokerOptions = {}): Promise<Error> {
  const { broker } = prepareBroker(url, options);
  try {
    await broker.connect();
  } catch (error) {
    return error as Error;
  }
  throw new Error(`Connected to ${broker.store}, which was to be refused.`);
}

export function withAccess(url: string, change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string {
  return Object.assign(new URL(url), change).href;
}
