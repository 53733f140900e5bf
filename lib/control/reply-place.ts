import type { Fanout, FanoutMessage, FanoutSubscription } from '../brokers/index.js';
import { newId, parseControlReply, replyExchange, type ReplyAddress } from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock, Timer } from '../time/index.js';
import type { ReplyCollector } from './control-replies.js';

export interface ReplyPlaceSetup {
  readonly fanout: Fanout;
  readonly namespace: string;
  readonly serialization: Serialization;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
}

/** Who asked lately asks again soon; later the place is given up, so that an idle client keeps no connection for it. */
const LINGER_MS = 5_000;

/** Where the replies to one client come, whichever of its requests they are to. */
export class ReplyPlace {
  private readonly collectors = new Map<string, ReplyCollector<unknown>>();
  private readonly routingKey = newId();
  private opening: Promise<FanoutSubscription> | undefined;
  private lingering: Timer | undefined;

  constructor(private readonly setup: ReplyPlaceSetup) {}

  get address(): ReplyAddress {
    return { exchange: replyExchange(this.setup.namespace), routingKey: this.routingKey };
  }

  /** Resolves once replies to this ticket would be gathered. */
  async open(ticket: string, collector: ReplyCollector<unknown>): Promise<void> {
    this.collectors.set(ticket, collector);
    this.lingering?.cancel();
    const { exchange, routingKey } = this.address;
    const opening = (this.opening ??= this.setup.fanout.openReplies(exchange, routingKey, (reply) =>
      this.heard(reply),
    ));
    try {
      await opening;
    } catch (error) {
      if (this.opening === opening) this.opening = undefined;
      this.collectors.delete(ticket);
      throw error;
    }
  }

  leave(ticket: string): void {
    this.collectors.delete(ticket);
    if (this.collectors.size > 0) return;
    this.lingering?.cancel();
    this.lingering = this.setup.clock.setTimer(() => void this.close().catch(() => undefined), LINGER_MS, {
      ref: false,
    });
  }

  async close(): Promise<void> {
    this.lingering?.cancel();
    const { opening } = this;
    this.opening = undefined;
    const subscription = await opening?.catch(() => undefined);
    await subscription?.close();
  }

  /** What is no reply, or to nobody any more, is passed over: anyone may send here. */
  private heard(message: FanoutMessage): void {
    const { serialization, logicalClock } = this.setup;
    const { clock, ticket } = message.headers;
    if (typeof clock === 'number' && Number.isFinite(clock)) logicalClock.adjust(clock);
    const collector = typeof ticket === 'string' ? this.collectors.get(ticket) : undefined;
    if (collector === undefined) return;
    for (const [node, value] of parseControlReply(serialization.decode(message))) collector.add(node, value);
  }
}
