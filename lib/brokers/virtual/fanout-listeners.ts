import { EnvelopeMessage, FanoutEnvelopeBytes, formatFanoutEnvelope, newId } from '../../protocol/index.js';
import type { StoreLog } from '../../connections/index.js';
import type { Clock } from '../../time/index.js';
import type { FanoutListener, FanoutMessage } from '../fanout.interface.js';
import { fitsTopic } from './topic-pattern.js';

/** The envelope of a message, where the broker has no headers of its own. */
export function envelopeOf(exchange: string, message: FanoutMessage): string {
  const { deliveryMode = 1, ...rest } = message;
  return formatFanoutEnvelope({ ...rest, exchange, deliveryMode }, newId());
}

/** The same for a broker that sends bytes: they are not put together before they are sent. */
export function envelopeBytesOf(exchange: string, message: FanoutMessage): string | FanoutEnvelopeBytes {
  const { deliveryMode = 1, body, ...rest } = message;
  if (typeof body === 'string') return envelopeOf(exchange, message);
  return new FanoutEnvelopeBytes({ ...rest, body, exchange, deliveryMode }, newId());
}

/** @throws {UndecodableMessage} when the text is no envelope, or its body cannot be read */
export function readFanout(envelope: string): FanoutMessage {
  const message = new EnvelopeMessage(envelope);
  const { headers, contentType, contentEncoding, body } = message;
  return { routingKey: message.properties.routingKey, headers, contentType, contentEncoding, body };
}

/** One who listens, to some of what is sent. */
export interface FanoutInterest {
  readonly exchange: string;
  readonly pattern: string;
  readonly listener: FanoutListener;
}

/** Told no more often of messages that nobody could use. */
const LOG_EVERY_MS = 10_000;

/** Tells listeners what has come, whatever it is and whatever they do. */
export class FanoutTeller {
  private toldMs = -Infinity;
  private untold = 0;

  constructor(
    private readonly clock: Clock,
    private readonly log: StoreLog,
  ) {}

  /** Tells the interested of an envelope that came by an exchange; returns how many they were. */
  tell(exchange: string, envelope: string, interests: Iterable<FanoutInterest>): number {
    let message: FanoutMessage;
    try {
      message = readFanout(envelope);
    } catch (error) {
      this.warn(`A message by "${exchange}" cannot be read and was dropped: ${textOf(error)}`);
      return 0;
    }
    let told = 0;
    for (const interest of interests) {
      if (interest.exchange !== exchange || !fitsTopic(interest.pattern, message.routingKey)) continue;
      told += 1;
      try {
        interest.listener(message);
      } catch (error) {
        this.warn(`A listener to "${exchange}" failed: ${textOf(error)}`);
      }
    }
    return told;
  }

  /** A flood of them must not flood the log. */
  warn(text: string): void {
    const nowMs = this.clock.monotonic();
    if (nowMs - this.toldMs < LOG_EVERY_MS) {
      this.untold += 1;
      return;
    }
    const before = this.untold === 0 ? '' : ` (and ${this.untold} more like it before)`;
    this.log.warn(text + before);
    this.toldMs = nowMs;
    this.untold = 0;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
