import { EnvelopeMessage, type ReceivedMessage } from '../../protocol/index.js';
import type { Delivery } from '../broker.interface.js';
import type { QueueList } from './redis-lists.js';

/** Stands where a message was. */
const DROPPED = new EnvelopeMessage('');

/** A message as its consumer holds it, whose envelope is parsed when somebody looks. */
export class RedisDelivery implements Delivery {
  /** Place in the table of what is held. */
  slot = -1;

  /** As it was taken. */
  text: string;
  message: ReceivedMessage;

  /**
   * @param text as it was taken
   * @param message the same, to be parsed when somebody looks
   */
  constructor(
    readonly tag: string,
    readonly list: QueueList,
    readonly number: number,
    readonly losses: number,
    text: string,
    readonly redelivered: boolean,
    public renewedMs: number,
    message: ReceivedMessage = new EnvelopeMessage(text),
  ) {
    this.text = text;
    this.message = message;
  }

  get queue(): string {
    return this.list.queue;
  }

  /** What has gone may be referred to by something as dead, which is old, and so taken for alive until the next full collection, with all that comes after it. */
  dropContent(): void {
    this.text = '';
    this.message = DROPPED;
  }
}
