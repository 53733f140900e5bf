import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openClient, type ChaosClient } from './client.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { RunLogReader } from './run-log-reader.js';
import { RedisServer } from '../tools/redis-server.js';
import { TcpProxy } from '../tools/tcp-proxy.js';
import { EmbeddedEyes, RedisEyes, type StoreEyes } from './store-eyes.js';

export interface RunPlace extends Pick<
  FleetOptions,
  'workerFile' | 'folder' | 'pool' | 'concurrency' | 'leaseMs' | 'visibilityMs'
> {
  readonly store: 'embedded' | 'redis';
  /** Whether its Redis finds its keys again after a restart. @defaultValue true */
  readonly appendOnly?: boolean;
  /** Whether not only the workers talk to Redis through its proxy. @defaultValue false */
  readonly allThroughProxy?: boolean;
}

/** A Redis of the run's own, with an append-only file, behind a proxy that the workers go through. */
export interface RunServer {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  /** By which the run itself talks to it. */
  readonly url: string;
}

/** What every part of the chaos run has: a store of its own, a sender, workers, and eyes on both. */
export class RunRig {
  private constructor(
    readonly server: RunServer | undefined,
    readonly client: ChaosClient,
    readonly view: StoreEyes,
    readonly log: RunLogReader,
    readonly fleet: Fleet,
  ) {}

  static async open(place: RunPlace): Promise<RunRig> {
    mkdirSync(place.folder, { recursive: true });
    return place.store === 'redis' ? RunRig.openRedis(place) : RunRig.openEmbedded(place);
  }

  private static async openEmbedded(place: RunPlace): Promise<RunRig> {
    const store = path.join(place.folder, 'store');
    const storeUrl = `embedded:${store}`;
    const client = await openClient(storeUrl);
    await client.tasks.connect(); // so that the store is there
    return RunRig.assemble(place, storeUrl, undefined, client, await EmbeddedEyes.open(store));
  }

  private static async openRedis(place: RunPlace): Promise<RunRig> {
    const redis = await RedisServer.start({ appendOnly: place.appendOnly ?? true });
    const proxy = await TcpProxy.open(redis.port);
    const proxied = proxy.urlFor(redis.url);
    const url = place.allThroughProxy ? proxied : redis.url;
    const client = await openClient(url);
    return RunRig.assemble(place, proxied, { redis, proxy, url }, client, new RedisEyes(url));
  }

  private static assemble(
    place: RunPlace,
    storeUrl: string,
    server: RunServer | undefined,
    client: ChaosClient,
    eyes: StoreEyes,
  ): RunRig {
    const log = new RunLogReader(path.join(place.folder, 'run.log'));
    return new RunRig(server, client, eyes, log, new Fleet({ ...place, storeUrl }, log, eyes));
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.client.close();
    this.view.close();
    this.log.close();
    await this.server?.proxy.close();
    await this.server?.redis.stop();
  }
}

/** What a part of the run found. */
export interface PartReport {
  readonly part: 'storm' | 'rolling' | 'poison' | 'long' | 'outages' | 'mixed' | 'faults';
  readonly pool: string;
  readonly seconds: number;
  /** Figures that a caller may look at. */
  readonly counts: Readonly<Record<string, number>>;
  /** What was not as promised; none is success. */
  readonly problems: readonly string[];
  /** Tables. */
  readonly text: string;
}
