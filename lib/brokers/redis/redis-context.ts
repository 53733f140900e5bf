import type { RedisLink, StoreLog } from '../../connections/index.js';
import type { Clock } from '../../time/index.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisPublisher } from './redis-publisher.js';
import type { ResolvedRedisBrokerOptions } from './redis.options.js';

/** What the parts of one consumer share. */
export interface RedisContext {
  readonly owner: string;
  /** For takes and settlements; nothing blocks it. */
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  readonly options: ResolvedRedisBrokerOptions;
  readonly publisher: RedisPublisher;
  readonly clock: Clock;
  readonly log: StoreLog;
  /** Bytes above which a message is not received; 0 for any number. */
  readonly longest: number;
}
