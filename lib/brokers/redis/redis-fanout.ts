import type { RedisLink } from '../../connections/index.js';
import type { Clock } from '../../time/index.js';
import type { Fanout, FanoutListener, FanoutMessage, FanoutSubscription } from '../fanout.interface.js';
import { envelopeBytesOf, envelopeOf, type FanoutInterest, type FanoutTeller } from '../virtual/fanout-listeners.js';
import { REPLY_LIFE_MS } from '../virtual/limits.js';
import type { FanoutChannels } from './fanout-channels.js';
import { reply as replyScript } from './lua.generated.js';
import type { RedisTools } from './redis-abilities.js';
import { RedisListening } from './redis-listening.js';
import { REPLY_WAIT_S, RedisReplies, replyQueueOf } from './redis-replies.js';

export interface RedisFanoutSetup {
  connected(): RedisTools;
  /** A connection of its own for one who listens, not connected yet. */
  connect(role: string, onReconnect?: () => void, blocksMs?: number): RedisLink;
  readonly channels: FanoutChannels;
  readonly outageTimeoutMs: number;
  readonly teller: FanoutTeller;
  readonly clock: Clock;
}

/** Reaches all who listen by pub/sub, and those who wait for an answer by a list of their own: as kombu does. */
export class RedisFanout implements Fanout {
  private readonly listening: RedisListening;
  private readonly places = new Set<RedisReplies>();

  constructor(private readonly setup: RedisFanoutSetup) {
    this.listening = new RedisListening({
      openLink: (onReconnect) => setup.connect('fanout', onReconnect),
      teller: setup.teller,
      outageTimeoutMs: setup.outageTimeoutMs,
      clock: setup.clock,
    });
  }

  async broadcast(exchange: string, message: FanoutMessage): Promise<number> {
    const channel = this.setup.channels.channelOf(exchange, message.routingKey);
    const { link } = this.setup.connected();
    return Number(await link.call('broadcast a message', 'publish', [channel, envelopeBytesOf(exchange, message)]));
  }

  async listen(exchange: string, pattern: string, listener: FanoutListener): Promise<FanoutSubscription> {
    this.setup.connected();
    const channels = this.setup.channels.channelsFor(exchange, pattern);
    const interest: FanoutInterest = { exchange, pattern, listener };
    await this.listening.add(channels, interest);
    return { close: async () => this.listening.remove(channels, interest) };
  }

  async openReplies(exchange: string, routingKey: string, listener: FanoutListener): Promise<FanoutSubscription> {
    const { keys, link: other } = this.setup.connected();
    const { teller, clock } = this.setup;
    const place: RedisReplies = new RedisReplies({
      keys,
      queue: replyQueueOf(keys, exchange, routingKey),
      interest: { exchange, pattern: '#', listener },
      teller,
      clock,
      link: this.setup.connect('replies', undefined, REPLY_WAIT_S * 1_000),
      other,
      onClosed: () => this.places.delete(place),
    });
    this.places.add(place);
    try {
      await place.open();
    } catch (error) {
      this.places.delete(place);
      throw error;
    }
    return place;
  }

  /** One step, so that nothing is left for one who has gone meanwhile. */
  async reply(exchange: string, message: FanoutMessage): Promise<void> {
    const { link, keys } = this.setup.connected();
    const { binding, list, member } = replyQueueOf(keys, exchange, message.routingKey);
    await link.run(replyScript, [binding, list], [member, envelopeOf(exchange, message), REPLY_LIFE_MS]);
  }

  async close(): Promise<void> {
    for (const place of this.places) await place.close();
    this.listening.close();
  }
}
