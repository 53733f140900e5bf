import type { RedisLink } from '../../connections/index.js';
import { ConnectionLostError } from '../../errors/index.js';
import { sleep, untilTick, type Clock, type Timer } from '../../time/index.js';
import type { FanoutTeller, FanoutInterest } from '../virtual/fanout-listeners.js';

/** A channel of pub/sub, or a pattern over their names. */
export interface FanoutChannel {
  readonly name: string;
  readonly isPattern: boolean;
}

export interface RedisListeningSetup {
  /** A connection of its own, not connected yet. */
  openLink(onReconnect: () => void): RedisLink;
  readonly teller: FanoutTeller;
  readonly outageTimeoutMs: number;
  readonly clock: Clock;
}

/** A connection that is cut without a word is noticed only when something is sent. */
const PING_MS = 10_000;
const AGAIN_MS = 1_000;

/**
 * The one connection on which a broker listens, for all who do. The first of them opens it, the last closes it; a new connection listens to all
 * that the lost one did.
 */
export class RedisListening {
  /** By channel and pattern: what both fit comes twice, once for each. */
  private readonly channels = new Map<string, Set<FanoutInterest>>();
  private readonly patterns = new Map<string, Set<FanoutInterest>>();
  private link: RedisLink | undefined;
  private opening: Promise<RedisLink> | undefined;
  private pinging: Timer | undefined;

  constructor(private readonly setup: RedisListeningSetup) {}

  /** Resolves when what is published from now on is heard. */
  async add(channels: readonly FanoutChannel[], interest: FanoutInterest): Promise<void> {
    for (const { name, isPattern } of channels) {
      const table = this.tableOf(isPattern);
      table.set(name, (table.get(name) ?? new Set()).add(interest));
    }
    const { clock, outageTimeoutMs } = this.setup;
    const deadline = clock.monotonic() + outageTimeoutMs;
    try {
      for (;;) {
        const link = await this.open();
        try {
          await this.subscribe(link, channels);
          return;
        } catch (error) {
          if (!(error instanceof ConnectionLostError)) throw error;
          await link.ready(Math.max(0, deadline - clock.monotonic()));
        }
      }
    } catch (error) {
      this.remove(channels, interest);
      throw error;
    }
  }

  remove(channels: readonly FanoutChannel[], interest: FanoutInterest): void {
    const left: FanoutChannel[] = [];
    for (const channel of channels) {
      const table = this.tableOf(channel.isPattern);
      const interests = table.get(channel.name);
      if (interests === undefined || !interests.delete(interest) || interests.size > 0) continue;
      table.delete(channel.name);
      left.push(channel);
    }
    if (this.channels.size + this.patterns.size === 0) this.close();
    else if (this.link?.status === 'ready') void this.leave(this.link, left);
  }

  close(): void {
    this.pinging?.cancel();
    this.link?.close();
    this.link = this.opening = this.pinging = undefined;
  }

  private tableOf(isPattern: boolean): Map<string, Set<FanoutInterest>> {
    return isPattern ? this.patterns : this.channels;
  }

  /** One attempt is shared by all who ask; after one that failed the next to ask tries again. */
  private open(): Promise<RedisLink> {
    const opening = (this.opening ??= this.connect().catch((error: unknown) => {
      if (this.opening === opening) this.close();
      throw error;
    }));
    return opening;
  }

  private async connect(): Promise<RedisLink> {
    const link = this.setup.openLink(() => void this.resume(link));
    this.link = link;
    link.onMessage((channel, text, pattern) => this.heard(pattern ?? channel, text, pattern !== undefined));
    await link.connect();
    this.ping();
    return link;
  }

  private heard(name: string, text: string, isPattern: boolean): void {
    const interests = this.tableOf(isPattern).get(name);
    const [first] = interests ?? [];
    if (interests !== undefined && first !== undefined) this.setup.teller.tell(first.exchange, text, [...interests]);
  }

  /** Both replies are waited for, also when one of them is an error. */
  private async subscribe(link: RedisLink, channels: readonly FanoutChannel[]): Promise<void> {
    const replies = await Promise.allSettled(
      [false, true].map(async (isPattern) => {
        const names = namesOf(channels, isPattern);
        if (names.length > 0) await link.call('listen', isPattern ? 'psubscribe' : 'subscribe', names);
      }),
    );
    const failed = replies.find((reply) => reply.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  private async leave(link: RedisLink, channels: readonly FanoutChannel[]): Promise<void> {
    const commands = [
      ['unsubscribe', namesOf(channels, false)],
      ['punsubscribe', namesOf(channels, true)],
    ] as const;
    for (const [command, names] of commands) {
      if (names.length > 0) link.call('listen no more', command, names).catch(() => undefined); // a lost connection has left them as well
    }
  }

  /** Never rejects; a connection that is lost meanwhile begins again. */
  private async resume(link: RedisLink): Promise<void> {
    const { connection } = link;
    const isCurrent = (): boolean => this.link === link && link.connection === connection && link.status === 'ready';
    while (isCurrent()) {
      try {
        const names = (table: ReadonlyMap<string, unknown>, isPattern: boolean) =>
          [...table.keys()].map((name) => ({ name, isPattern }));
        return await this.subscribe(link, [...names(this.channels, false), ...names(this.patterns, true)]);
      } catch (error) {
        if (!isCurrent()) return;
        this.setup.teller.warn(`Could not listen again after a reconnect, trying again: ${String(error)}`);
        await sleep(this.setup.clock, AGAIN_MS);
      }
    }
  }

  /** The link notices itself when a reply stays away. */
  private ping(): void {
    this.pinging = this.setup.clock.setTimer(
      () => {
        if (this.link?.status === 'ready') this.link.call('listen', 'ping', []).catch(() => undefined);
        if (this.link !== undefined) this.ping();
      },
      untilTick(this.setup.clock, PING_MS),
      { ref: false },
    );
  }
}

function namesOf(channels: readonly FanoutChannel[], isPattern: boolean): string[] {
  return channels.filter((channel) => channel.isPattern === isPattern).map(({ name }) => name);
}
