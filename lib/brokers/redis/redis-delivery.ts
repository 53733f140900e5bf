import { EnvelopeMessage, type ReceivedMessage } from '../../protocol/index.js';
import type { Delivery } from '../broker.interface.js';
import { isRedelivered } from './redis-record.js';

/** A delivery whose envelope is parsed when somebody looks. */
export class RedisDelivery implements Delivery {
  readonly redelivered: boolean;
  private received: ReceivedMessage | undefined;

  constructor(
    readonly tag: string,
    readonly queue: string,
    readonly losses: number,
    private readonly text: string,
  ) {
    this.redelivered = isRedelivered(text);
  }

  get message(): ReceivedMessage {
    return (this.received ??= new EnvelopeMessage(this.text));
  }
}
