import type { FanoutChannel } from './redis-listening.js';

/**
 * Names of pub/sub channels, as kombu's. They are the same for all databases of a server, so the database is in the name; the key prefix is
 * before all of it.
 * @source kombu/transport/redis.py `keyprefix_fanout`, `_get_publish_topic`, `PrefixedRedisPubSub`
 */
export class FanoutChannels {
  private readonly start: string;

  constructor(keyPrefix: string, database: number) {
    this.start = `${keyPrefix}/${database}.`;
  }

  /** Where a message is published. */
  channelOf(exchange: string, routingKey: string): string {
    return routingKey === '' ? `${this.start}${exchange}` : `${this.start}${exchange}/${routingKey}`;
  }

  /** What to listen to for all that a pattern of a topic fits: more may come, since a wildcard of Redis spans words. */
  channelsFor(exchange: string, pattern: string): readonly FanoutChannel[] {
    const all = { name: this.channelOf(exchange, ''), isPattern: false };
    if (pattern === '') return [all];
    if (!/[*#]/.test(pattern)) return [{ name: this.channelOf(exchange, pattern), isPattern: false }];
    // Kombu's own pattern where it will do: users may be given rights to patterns by their very text.
    const start = /^([^*#]+)\.#$/.exec(pattern)?.[1];
    const one = start === undefined ? [] : [{ name: this.channelOf(exchange, start), isPattern: false }];
    const words = (start === undefined ? pattern.replaceAll('.#', '#') : pattern).split(/[*#]+/).map(escape).join('*');
    const fitting = { name: `${escape(this.channelOf(exchange, ''))}/${words}`, isPattern: true };
    // A sender without kombu's `fanout_patterns` publishes everything on the channel of the exchange.
    return [all, ...one, fitting];
  }
}

/** Text that a pattern of Redis takes for itself. */
function escape(text: string): string {
  return text.replace(/[\\*?[\]]/g, String.raw`\$&`);
}
