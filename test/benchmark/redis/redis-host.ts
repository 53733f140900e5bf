import { Redis } from 'ioredis';
import { threadMsOf } from '../../tools/proc.js';
import { RedisServer } from '../../tools/redis-server.js';

/** What a server has done so far. */
export interface ServerWork {
  /** Calls by command, those of scripts included. */
  readonly calls: ReadonlyMap<string, number>;
  readonly cpuUs: number;
}

/** A Redis of the benchmark's own. */
export class RedisHost {
  private readonly closers = new Set<() => Promise<void>>();

  private constructor(
    private readonly server: RedisServer,
    /** To look with, and for nothing that is measured. */
    readonly client: Redis,
  ) {}

  static async start(): Promise<RedisHost> {
    const server = await RedisServer.start();
    return new RedisHost(server, new Redis(server.url));
  }

  static async use<T>(body: (host: RedisHost) => Promise<T>): Promise<T> {
    const host = await RedisHost.start();
    try {
      return await body(host);
    } finally {
      await host.close();
    }
  }

  /** Has something closed before the server stops. Returns what closes it sooner. */
  beforeEnd(close: () => Promise<void>): () => Promise<void> {
    const closeOnce = async (): Promise<void> => {
      if (this.closers.delete(closeOnce)) await close();
    };
    this.closers.add(closeOnce);
    return closeOnce;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  cpuUs(): number {
    return threadMsOf(this.server.pid) * 1_000;
  }

  async work(): Promise<ServerWork> {
    const text = await this.client.info('commandstats');
    const lines = text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
    return { calls: new Map(Array.from(lines, ([, name = '', calls]) => [name, Number(calls)])), cpuUs: this.cpuUs() };
  }

  async clear(): Promise<void> {
    await this.client.flushall();
  }

  private async close(): Promise<void> {
    for (const close of this.closers) await close();
    this.client.disconnect();
    await this.server.stop();
  }
}

/** Calls between two readings; of all commands, or of those named. */
export function callsBetween(before: ServerWork, after: ServerWork, names?: readonly string[]): number {
  let sum = 0;
  for (const [name, calls] of after.calls) {
    if (names === undefined || names.includes(name)) sum += calls - (before.calls.get(name) ?? 0);
  }
  return sum;
}
