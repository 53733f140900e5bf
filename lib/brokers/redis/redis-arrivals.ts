import type { Delivery } from '../broker.interface.js';
import type { HeldMessages } from './redis-held.js';

/** What waits have brought to their consumer while it asked for messages; what nobody asked for goes back at once. */
export class RedisArrivals {
  private messages: Delivery[] = [];
  private isAsked = false;

  /** @param onUncertain something could not be given back: it is held, and nobody knows of it */
  constructor(
    private readonly held: HeldMessages,
    private readonly onUncertain: () => void,
  ) {}

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }

  add(deliveries: readonly Delivery[]): void {
    if (this.isAsked) this.messages.push(...deliveries);
    else void this.release(deliveries);
  }

  /** From now on what comes is kept. */
  ask(): void {
    this.isAsked = true;
  }

  /** From now on what comes goes back, as does what has come by now. */
  stopAsking(): void {
    this.isAsked = false;
    void this.release(this.takeAll());
  }

  takeAll(): readonly Delivery[] {
    const { messages } = this;
    this.messages = [];
    return messages;
  }

  /** Gives back as if never taken. */
  async release(deliveries: readonly Delivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    try {
      await this.held.settle(deliveries.map((delivery) => ({ delivery, as: 'release' })));
    } catch {
      for (const delivery of deliveries) this.held.forget(delivery);
      this.onUncertain();
    }
  }
}
