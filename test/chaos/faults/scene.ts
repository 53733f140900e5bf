import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import type { CompleteSignature } from 'nest-task-queue';
import { valueOf } from '../../fixtures/apps/chaos/chaos.tasks.js';
import { projectRoot } from '../../tools/paths.mjs';
import type { RedisServer } from '../../tools/redis-server.js';
import { TcpProxy } from '../../tools/tcp-proxy.js';
import { until } from '../../tools/until.js';
import type { WorkerProcess } from '../../tools/worker-process.js';
import type { FleetChange } from '../fleet.js';
import { Random } from '../random.js';
import { nowMs } from '../run-log-reader.js';
import type { RunRig, RunServer } from '../run-rig.js';

export interface SceneOptions {
  readonly folder: string;
  readonly leaseMs: number;
  readonly visibilityMs: number;
  readonly seed: number;
}

/** A task of the scene, and what it should give. */
export interface SceneTask {
  readonly expected: unknown;
  readonly sentMs: number;
}

/** A worker that talks to the server through a proxy of its own. */
export interface Victim {
  readonly worker: WorkerProcess;
  readonly proxy: TcpProxy;
}

const LEAST_WAITING = 40;
const CHUNK = 40;
const FEED_MS = 40;
const LONG_MS = 60_000;

/** Workers at work, and what a fault needs to find its moment and its victim. */
export class Scene {
  readonly tasks = new Map<string, SceneTask>();
  readonly random: Random;
  /** Looks into the server, past the library. */
  readonly redis: Redis;
  readonly leaseMs: number;
  #isFeeding = false;
  #feeding: Promise<void> = Promise.resolve();
  readonly #ends: (() => Promise<unknown>)[] = [];

  constructor(
    readonly rig: RunRig,
    readonly options: SceneOptions,
  ) {
    this.random = new Random(options.seed);
    this.leaseMs = options.leaseMs;
    this.redis = new Redis(this.server.url);
    this.redis.on('error', () => undefined);
  }

  /** So that each script is called by its hash from the first time on, and a request that is waited for is the one that counts. */
  async loadScripts(): Promise<void> {
    const compiled = path.join(projectRoot, 'dist/esm/brokers/redis/lua.generated.js');
    const scripts = (await import(pathToFileURL(compiled).href)) as Readonly<Record<string, { readonly text: string }>>;
    for (const { text } of Object.values(scripts)) await this.redis.script('LOAD', text);
  }

  get server(): RunServer {
    if (this.rig.server === undefined) throw new Error('Faults are for --store redis.');
    return this.rig.server;
  }

  get redisServer(): RedisServer {
    return this.server.redis;
  }

  /** A worker on a proxy of its own. @param user name and password, parted by a colon */
  async startVictim(change: FleetChange = {}, user?: string): Promise<Victim> {
    const { redis } = this.server;
    const proxy = await TcpProxy.open(redis.port);
    this.atEnd(() => proxy.close());
    const url = proxy.urlFor(redis.url);
    const storeUrl = user === undefined ? url : url.replace('//', `//${user}@`);
    return { worker: await this.rig.fleet.start({ ...change, storeUrl }), proxy };
  }

  /** Keeps the workers supplied until `rest`. What the server refuses is not sent, and was not promised. */
  feed(): void {
    if (this.#isFeeding) return;
    this.#isFeeding = true;
    this.#feeding = this.#feed();
  }

  async rest(): Promise<void> {
    this.#isFeeding = false;
    await this.#feeding;
  }

  /** Short tasks. @returns their ids */
  work(count: number, waitMs = 20): Promise<readonly string[]> {
    const first = this.tasks.size;
    const { chaos } = this.rig.client;
    const numbers = Array.from({ length: count }, (_, at) => first + at);
    return this.send(
      numbers.map((n) => chaos.work.s(n, this.random.next() * 2, waitMs === 20 ? this.random.below(20) : waitMs)),
      (at) => valueOf(first + at),
    );
  }

  async send(signatures: readonly CompleteSignature[], expected: (at: number) => unknown): Promise<readonly string[]> {
    const { results } = await this.rig.client.tasks.sendMany(signatures);
    const ids = results.map(({ id }) => id);
    ids.forEach((id, at) => this.tasks.set(id, { expected: expected(at), sentMs: nowMs() }));
    return ids;
  }

  /** Until each living worker of Nest has begun a task that was sent from now on. @returns milliseconds, counted from `sinceMs` */
  async untilAllWork(sinceMs = nowMs()): Promise<number> {
    const from = nowMs();
    const { log, fleet } = this.rig;
    const first = new Map<number, number>();
    await until(
      () => {
        const alive = new Set([...fleet.workers].map(({ pid }) => pid));
        for (const { fact, subject, pid, parent, atMs } of log.read().lines) {
          const worker = alive.has(pid) ? pid : parent;
          if (fact !== 'start' || !alive.has(worker) || first.has(worker)) continue;
          if ((this.tasks.get(subject)?.sentMs ?? 0) >= from) first.set(worker, atMs);
        }
        return [...alive].every((pid) => first.has(pid));
      },
      { withinMs: LONG_MS, everyMs: 20, what: 'Each worker goes on' },
    );
    return Math.max(0, ...[...first.values()].map((atMs) => atMs - sinceMs));
  }

  /** Until nothing waits and nothing is held. */
  async untilIdle(): Promise<void> {
    const isIdle = async (): Promise<boolean> => (await this.rig.view.countMessages()) === 0;
    await until(isIdle, { withinMs: LONG_MS, everyMs: 20, what: 'All is done' });
  }

  async ownerOf({ pid }: WorkerProcess): Promise<string> {
    const owner = await this.rig.view.ownerOf(pid);
    if (owner === undefined) throw new Error(`Worker ${pid} is not known to the server.`);
    return owner;
  }

  /** Ids of the tasks in a worker's hands. */
  async heldBy(owner: string): Promise<readonly string[]> {
    return (await this.rig.view.heldBy(owner)).map(({ taskId }) => taskId);
  }

  /** How long its lease lasts from now; negative when it is over; nothing when others have cut it off. */
  async leaseLeftMs(owner: string): Promise<number | undefined> {
    const [seconds, deadline] = await Promise.all([this.redis.time(), this.redis.zscore('ntq:workers', owner)]);
    if (deadline === null) return undefined;
    return Number(deadline) * 1_000 - (Number(seconds[0]) * 1_000 + Number(seconds[1]) / 1_000);
  }

  /** Of these tasks: how often each has begun so far. */
  runsOf(ids: readonly string[]): readonly number[] {
    const { starts } = this.rig.log.read();
    return ids.map((id) => starts.get(id)?.length ?? 0);
  }

  /** What is to be ended when the workers have ended. */
  atEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  async close(): Promise<void> {
    await this.rest();
    this.redis.disconnect();
    for (const end of this.#ends) await end();
  }

  async #feed(): Promise<void> {
    while (this.#isFeeding) {
      try {
        if ((await this.redis.llen('celery')) < LEAST_WAITING) await this.work(CHUNK);
      } catch {
        // the fault; what was not confirmed is not counted
      }
      await pause(FEED_MS);
    }
  }
}
