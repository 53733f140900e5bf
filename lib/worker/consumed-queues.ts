import type { Broker, Consumer } from '../brokers/index.js';
import { checkName } from '../options/index.js';

/** The queues that a worker takes from, now; they outlive each of its holds on them. */
export class ConsumedQueues {
  private names: readonly string[];
  private consumer: Consumer | undefined;

  constructor(
    private readonly broker: Broker,
    queues: readonly string[],
  ) {
    this.names = queues;
  }

  get current(): readonly string[] {
    return this.names;
  }

  /** @throws {InvalidOptionError} for what cannot be a queue's name; whatever the broker throws, and then nothing has changed */
  async add(name: string): Promise<void> {
    checkName(name, 'queue');
    await this.broker.declare([{ name }]);
    if (!this.names.includes(name)) await this.change([...this.names, name]);
  }

  /** What is held of it stays held. Does nothing where it is not among them. */
  async remove(name: string): Promise<void> {
    if (this.names.includes(name)) await this.change(this.names.filter((each) => each !== name));
  }

  /** Has a consumer, which was opened with queues as they were then, take from those of now on. */
  async attach(consumer: Consumer, openedWith: readonly string[]): Promise<void> {
    this.consumer = consumer;
    if (openedWith !== this.names) await consumer.setQueues(this.names);
  }

  private async change(names: readonly string[]): Promise<void> {
    this.names = names;
    await this.consumer?.setQueues(names);
  }
}
