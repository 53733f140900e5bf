import type { RedisLink } from '../../connections/index.js';
import { ConnectionLostError } from '../../errors/index.js';
import { sleep, type Clock } from '../../time/index.js';
import type { FanoutSubscription } from '../fanout.interface.js';
import type { FanoutInterest, FanoutTeller } from '../virtual/fanout-listeners.js';
import { openReplies } from './lua.generated.js';
import { SEPARATOR, type RedisKeys } from './redis-keys.js';

/** How long one wait lasts at the server. */
export const REPLY_WAIT_S = 10;
/** Answers that are fetched together behind the one that was waited for. */
const PAGE = 100;
const AGAIN_MS = 1_000;
/** Kombu sweeps away bindings that were not renewed for an hour. @source kombu/transport/redis.py `MIN_BINDING_TTL` */
const BINDING_TTL_MS = 3_600_000;
const RENEW_MS = 600_000;

/** The keys of a queue for answers. */
export interface ReplyQueue {
  readonly list: string;
  readonly binding: string;
  readonly member: string;
}

/** @source kombu/pidbox.py `Mailbox.get_reply_queue` */
export function replyQueueOf(keys: RedisKeys, exchange: string, routingKey: string): ReplyQueue {
  const queue = `${routingKey}.${exchange}`;
  return {
    list: keys.list(queue, 0),
    binding: keys.binding(exchange),
    member: [routingKey, '', queue].join(SEPARATOR),
  };
}

export interface RedisRepliesSetup {
  readonly keys: RedisKeys;
  readonly queue: ReplyQueue;
  readonly interest: FanoutInterest;
  readonly teller: FanoutTeller;
  readonly clock: Clock;
  /** On which it waits; not connected yet. */
  readonly link: RedisLink;
  /** For what has to be said meanwhile. */
  readonly other: RedisLink;
  readonly onClosed: () => void;
}

/** A queue for the answers to one who asks, read as they come. */
export class RedisReplies implements FanoutSubscription {
  private renewedMs = -Infinity;
  private reading: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly setup: RedisRepliesSetup) {}

  async open(): Promise<void> {
    try {
      await Promise.all([this.setup.link.connect(), this.bind()]);
    } catch (error) {
      this.setup.link.close();
      throw error;
    }
    this.reading = this.read();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { link, other, queue, onClosed } = this.setup;
    link.close();
    onClosed();
    await this.reading;
    // Where the server is away the binding is left to kombu's sweep, and what comes to the list runs out.
    if (other.status !== 'ready') return;
    await Promise.allSettled([
      other.call('close the place for replies', 'srem', [queue.binding, queue.member]),
      other.call('close the place for replies', 'del', [queue.list]),
    ]);
  }

  private async read(): Promise<void> {
    const { clock, link, teller } = this.setup;
    while (!this.isClosed) {
      try {
        if (link.status !== 'ready') await link.ready();
        if (clock.monotonic() - this.renewedMs > RENEW_MS) await this.bind();
        for (const envelope of await this.readSome()) this.tell(envelope);
      } catch (error) {
        if (this.isClosed) return;
        this.renewedMs = -Infinity; // the server may have lost all it had
        if (error instanceof ConnectionLostError) continue;
        teller.warn(`Could not read replies, trying again: ${String(error)}`);
        await sleep(clock, AGAIN_MS);
      }
    }
  }

  private async readSome(): Promise<readonly string[]> {
    const { link, queue } = this.setup;
    const first = (await link.call('wait for replies', 'brpop', [queue.list, REPLY_WAIT_S])) as [string, string] | null;
    if (first === null) return [];
    const more = (await link.call('read replies', 'rpop', [queue.list, PAGE])) as string[] | null;
    return [first[1], ...(more ?? [])];
  }

  private tell(envelope: string): void {
    const { interest, teller } = this.setup;
    if (!this.isClosed) teller.tell(interest.exchange, envelope, [interest]);
  }

  private async bind(): Promise<void> {
    const { keys, queue, other, interest, clock } = this.setup;
    await other.run(
      openReplies,
      [queue.binding, keys.bindingDeadlines],
      [queue.member, interest.exchange, BINDING_TTL_MS],
    );
    this.renewedMs = clock.monotonic();
  }
}
