import type { MemoryStore } from '../../connections/index.js';
import type { Fanout, FanoutListener, FanoutMessage, FanoutSubscription } from '../fanout.interface.js';
import { envelopeOf, type FanoutTeller } from '../virtual/fanout-listeners.js';

/** Reaches all who listen in this process. */
export class MemoryFanout implements Fanout {
  private readonly subscriptions = new Set<() => void>();

  constructor(
    private readonly connected: () => MemoryStore,
    private readonly teller: FanoutTeller,
  ) {}

  async broadcast(exchange: string, message: FanoutMessage): Promise<number> {
    return this.connected().fanout.tell(exchange, envelopeOf(exchange, message));
  }

  async listen(exchange: string, pattern: string, listener: FanoutListener): Promise<FanoutSubscription> {
    const interests = [{ exchange, pattern, listener }];
    const stop = this.connected().fanout.add((from, envelope) =>
      from === exchange ? this.teller.tell(from, envelope, interests) : 0,
    );
    this.subscriptions.add(stop);
    return {
      close: async () => {
        stop();
        this.subscriptions.delete(stop);
      },
    };
  }

  async openReplies(exchange: string, routingKey: string, listener: FanoutListener): Promise<FanoutSubscription> {
    return this.listen(exchange, routingKey, listener);
  }

  async reply(exchange: string, message: FanoutMessage): Promise<void> {
    await this.broadcast(exchange, message);
  }

  close(): void {
    for (const stop of this.subscriptions) stop();
    this.subscriptions.clear();
  }
}
