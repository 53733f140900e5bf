import type { EmbeddedStore } from '../../connections/index.js';
import type { Fanout, FanoutListener, FanoutMessage, FanoutSubscription } from '../fanout.interface.js';
import { envelopeOf, type FanoutInterest, type FanoutTeller } from '../virtual/fanout-listeners.js';
import { DELETE_OLD, NEWEST, OLDEST, SEND, SINCE } from './fanout-sql.js';

/** A listener whose process was busy for longer has missed it. */
const KEPT_MS = 60_000;
const MOST_KEPT = 20_000;

/**
 * Reaches all who listen to the same file: what is sent is a row, which listeners read when they are told of news, and which whoever sends later
 * deletes. While nothing is sent, nothing is done.
 */
export class EmbeddedFanout implements Fanout {
  private readonly interests = new Set<FanoutInterest>();
  private stopListening: (() => void) | undefined;
  private starting: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  private hasNews = false;
  private users = 0;
  /** Number of the last row that was looked at. */
  private last = 0;

  constructor(
    private readonly connected: () => EmbeddedStore,
    private readonly teller: FanoutTeller,
  ) {}

  /** How many heard of it nobody knows. */
  async broadcast(exchange: string, message: FanoutMessage): Promise<undefined> {
    const store = this.connected();
    const envelope = envelopeOf(exchange, message);
    await store.write(() => {
      const sentMs = Math.round(store.clock.now());
      const seq = Number(store.sql(SEND).run(exchange, sentMs, envelope).lastInsertRowid);
      deleteOld(store, sentMs - KEPT_MS, seq - MOST_KEPT);
      store.announce('fanout');
    });
  }

  async listen(exchange: string, pattern: string, listener: FanoutListener): Promise<FanoutSubscription> {
    const interest: FanoutInterest = { exchange, pattern, listener };
    this.users += 1;
    let isOpen = true;
    const close = async (): Promise<void> => {
      if (!isOpen) return;
      isOpen = false;
      this.interests.delete(interest);
      this.users -= 1;
      if (this.users === 0) this.rest();
    };
    try {
      await (this.starting ??= this.start());
      await this.reading; // what was sent before is for those who listened then
    } catch (error) {
      await close();
      throw error;
    }
    if (isOpen) this.interests.add(interest);
    return { close };
  }

  openReplies(exchange: string, routingKey: string, listener: FanoutListener): Promise<FanoutSubscription> {
    return this.listen(exchange, routingKey, listener);
  }

  reply(exchange: string, message: FanoutMessage): Promise<void> {
    return this.broadcast(exchange, message);
  }

  async close(): Promise<void> {
    this.interests.clear();
    this.users = 0;
    this.rest();
    await this.reading;
  }

  private async start(): Promise<void> {
    const store = this.connected();
    this.stopListening = store.listen('fanout', () => this.look(store));
    const newest = await store.read(() => store.sql(NEWEST).get()?.['seq']);
    this.last = Math.max(this.last, Number(newest ?? 0));
  }

  private rest(): void {
    this.starting = undefined;
    this.stopListening?.();
    this.stopListening = undefined;
  }

  private look(store: EmbeddedStore): void {
    this.hasNews = true;
    this.reading ??= this.readNews(store).finally(() => (this.reading = undefined));
  }

  private async readNews(store: EmbeddedStore): Promise<void> {
    while (this.hasNews && this.users > 0) {
      this.hasNews = false;
      const rows = await store.read(() => store.sql(SINCE).all(this.last)).catch(() => []); // the next look reads it
      this.last = Number(rows.at(-1)?.['seq'] ?? this.last);
      if (rows.length > 0) this.hasNews = true; // there may be another page
      for (const row of rows) this.teller.tell(String(row['exchange']), String(row['envelope']), [...this.interests]);
      if (rows.length > 0) await new Promise((resolve) => setImmediate(resolve)); // a flood lets others run
    }
  }
}

/** Ages go by the machine's clock: a row from the future, after it was set back, is kept until too many are. */
function deleteOld(store: EmbeddedStore, sentMs: number, seq: number): void {
  const oldest = store.sql(OLDEST).get();
  if (oldest !== undefined && (Number(oldest['sent']) <= sentMs || Number(oldest['seq']) <= seq)) {
    store.sql(DELETE_OLD).run(sentMs, seq);
  }
}
