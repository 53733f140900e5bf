import { Redis } from 'ioredis';
import { checkStore } from '../integration/embedded/check-store.js';
import { checkRedis, type RedisCheck } from '../tools/redis-invariants.js';
import { StoreView } from '../tools/store-view.js';

/** A message in a worker's hands. */
export interface HeldMessage {
  readonly tag: string;
  readonly taskId: string;
}

/** What a run sees of its store, from outside of the library. */
export interface StoreEyes {
  /** Asks for nothing, as fast as the store answers. */
  ping(): Promise<void>;
  /** The owner under which a process holds messages. */
  ownerOf(pid: number): Promise<string | undefined>;
  heldBy(owner: string): Promise<readonly HeldMessage[]>;
  /** Of these messages: how many this owner still has, and how many nobody has. Those that are gone are settled. */
  fateOf(messages: readonly HeldMessage[], owner: string): Promise<Fate>;
  /** Messages that are neither settled nor dead letters. */
  countMessages(): Promise<number>;
  /**
   * Sentences about what does not hold at this instant.
   * @param confirmed ids of messages that are in the store once, or have ended
   * @param isAbandoned all workers have left
   */
  problems(confirmed: Iterable<string>, isAbandoned?: boolean): Promise<readonly string[]>;
  close(): void;
}

export interface Fate {
  readonly stillOwned: number;
  readonly waiting: number;
}

/** On the embedded store of a folder. */
export class EmbeddedEyes implements StoreEyes {
  private constructor(
    private readonly folder: string,
    private readonly view: StoreView,
  ) {}

  static async open(folder: string): Promise<EmbeddedEyes> {
    return new EmbeddedEyes(folder, await StoreView.open(folder));
  }

  async ping(): Promise<void> {} // it is a file

  async ownerOf(pid: number): Promise<string | undefined> {
    return this.view.ownerOf(pid);
  }

  async heldBy(owner: string): Promise<readonly HeldMessage[]> {
    return this.view.heldBy(owner).map(({ row, taskId }) => ({ tag: String(row), taskId }));
  }

  async fateOf(messages: readonly HeldMessage[], owner: string): Promise<Fate> {
    return this.view.fateOf(
      messages.map(({ tag, taskId }) => ({ row: Number(tag), taskId })),
      owner,
    );
  }

  async countMessages(): Promise<number> {
    return this.view.countMessages();
  }

  async problems(confirmed: Iterable<string>): Promise<readonly string[]> {
    return (await checkStore(this.folder, confirmed)).problems;
  }

  close(): void {
    this.view.close();
  }
}

/** On queues of a Redis. */
export class RedisEyes implements StoreEyes {
  private readonly client: Redis;

  constructor(
    url: string,
    private readonly queues: readonly string[] = ['celery', 'python'],
  ) {
    this.client = new Redis(url);
    this.client.on('error', () => undefined);
  }

  async ping(): Promise<void> {
    await this.client.ping();
  }

  async ownerOf(pid: number): Promise<string | undefined> {
    for (const owner of await this.client.zrange('ntq:workers', '0', '-1')) {
      if ((await this.client.hget(`ntq:worker:${owner}`, 'pid')) === String(pid)) return owner;
    }
    return undefined;
  }

  async heldBy(owner: string): Promise<readonly HeldMessage[]> {
    const parked = new Set(await this.client.zrange('ntq:parked', '0', '-1'));
    return Object.entries(await this.client.hgetall('unacked'))
      .filter(([tag]) => tag.startsWith(`ntq:${owner}:`) && !parked.has(tag))
      .map(([tag, record]) => ({ tag, taskId: /"id": ?"([^"]+)"/.exec(record)?.[1] ?? '' }));
  }

  async fateOf(messages: readonly HeldMessage[]): Promise<Fate> {
    if (messages.length === 0) return { stillOwned: 0, waiting: 0 };
    const records = await this.client.hmget('unacked', ...messages.map(({ tag }) => tag));
    const stillOwned = records.filter((record) => record !== null).length;
    if (stillOwned > 0) return { stillOwned, waiting: 0 };
    const waiting = new Set((await this.look()).ids.waiting);
    return { stillOwned, waiting: messages.filter(({ taskId }) => waiting.has(taskId)).length };
  }

  async countMessages(): Promise<number> {
    const { waiting, held, parked } = (await this.look()).ids;
    return waiting.length + held.length + parked.length;
  }

  async problems(confirmed: Iterable<string>, isAbandoned = false): Promise<readonly string[]> {
    return (await this.look(confirmed, isAbandoned)).problems;
  }

  close(): void {
    this.client.disconnect();
  }

  private look(confirmed: Iterable<string> = [], isAbandoned = false): Promise<RedisCheck> {
    return checkRedis({ client: this.client, queues: this.queues, confirmed, isAbandoned });
  }
}
