import { EnvelopeMessage, type ReceivedMessage } from '../../protocol/index.js';
import type { Delivery } from '../broker.interface.js';
import type { QueueList } from './redis-lists.js';

/** A message as its consumer holds it, whose envelope is parsed when somebody looks. */
export class RedisDelivery implements Delivery {
  /** Place in the table of what is held. */
  slot = -1;
  private received: ReceivedMessage | undefined;

  /** @param text as it was taken */
  constructor(
    readonly tag: string,
    readonly list: QueueList,
    readonly number: number,
    readonly losses: number,
    readonly text: string,
    readonly redelivered: boolean,
    public renewedMs: number,
  ) {}

  get queue(): string {
    return this.list.queue;
  }

  get message(): ReceivedMessage {
    return (this.received ??= new EnvelopeMessage(this.text));
  }
}
