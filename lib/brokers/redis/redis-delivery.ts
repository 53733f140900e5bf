import { EnvelopeMessage, type ReceivedMessage } from '../../protocol/index.js';
import type { Delivery } from '../broker.interface.js';
import type { QueueList } from './redis-lists.js';

/** A message as its consumer holds it, whose envelope is parsed when somebody looks. */
export class RedisDelivery implements Delivery {
  /** Place in the table of what is held. */
  slot = -1;

  /**
   * @param text as it was taken
   * @param message the same, to be parsed when somebody looks
   */
  constructor(
    readonly tag: string,
    readonly list: QueueList,
    readonly number: number,
    readonly losses: number,
    readonly text: string,
    readonly redelivered: boolean,
    public renewedMs: number,
    readonly message: ReceivedMessage = new EnvelopeMessage(text),
  ) {}

  get queue(): string {
    return this.list.queue;
  }
}
