import { EnvelopeMessage, withRedelivered, type ReceivedMessage } from '../../protocol/index.js';
import type { Delivery } from '../broker.interface.js';

/** A delivery of a stored envelope, which is marked and decoded only when somebody looks. */
export class HeldDelivery implements Delivery {
  private received: ReceivedMessage | undefined;

  constructor(
    readonly tag: string,
    readonly queue: string,
    readonly redelivered: boolean,
    readonly losses: number,
    private readonly envelope: string,
  ) {}

  get message(): ReceivedMessage {
    return (this.received ??= new EnvelopeMessage(this.redelivered ? withRedelivered(this.envelope) : this.envelope));
  }
}
