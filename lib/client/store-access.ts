import type { Broker, DeadLetter, DeadLetters, ParkedMessage, QueueInspection, QueueStats } from '../brokers/index.js';
import { UnsupportedByBrokerError } from '../errors/index.js';

/** Connects the broker when it is first needed. */
type Ready = () => Promise<void>;

/** The dead letters of a client's broker. */
export class ConnectedDeadLetters implements DeadLetters {
  constructor(
    private readonly broker: Broker,
    private readonly ready: Ready,
  ) {}

  async list(queue: string, page?: Parameters<DeadLetters['list']>[1]): Promise<readonly DeadLetter[]> {
    return (await this.store()).list(queue, page);
  }

  async count(queue: string): Promise<number> {
    return (await this.store()).count(queue);
  }

  async redrive(queue: string, keys?: readonly string[]): Promise<number> {
    return (await this.store()).redrive(queue, keys);
  }

  async purge(queue: string, keys?: readonly string[]): Promise<number> {
    return (await this.store()).purge(queue, keys);
  }

  private async store(): Promise<DeadLetters> {
    const { deadLetters, store } = this.broker;
    if (deadLetters === undefined) throw new UnsupportedByBrokerError('show dead letters', store);
    await this.ready();
    return deadLetters;
  }
}

/** The queues of a client's broker. */
export class ConnectedQueues implements QueueInspection {
  constructor(
    private readonly broker: Broker,
    private readonly ready: Ready,
  ) {}

  async size(queue: string): Promise<number> {
    return (await this.store()).size(queue);
  }

  async purge(queue: string): Promise<number> {
    return (await this.store()).purge(queue);
  }

  async stats(queue: string): Promise<QueueStats> {
    return (await this.store()).stats(queue);
  }

  async parked(queue: string, limit: number): Promise<readonly ParkedMessage[]> {
    return (await this.store()).parked(queue, limit);
  }

  async pause(queue: string): Promise<void> {
    await (await this.store()).pause(queue);
  }

  async resume(queue: string): Promise<void> {
    await (await this.store()).resume(queue);
  }

  async paused(): Promise<readonly string[]> {
    return (await this.store()).paused();
  }

  private async store(): Promise<QueueInspection> {
    const { queues, store } = this.broker;
    if (queues === undefined) throw new UnsupportedByBrokerError('inspect queues', store);
    await this.ready();
    return queues;
  }
}
