import type { Fanout } from '../brokers/index.js';
import { customMembers } from '../protocol/index.js';
import { EventDispatcher, type EventDispatcherSetup } from './event-dispatcher.js';

export interface CustomEventsSetup extends Omit<EventDispatcherSetup, 'fanout'> {
  /** Connects where that is needed. @throws where the broker cannot be reached, or has no way to tell everyone */
  readonly connect: () => Promise<Fanout>;
  /** JSON text of a value, typed ones included. @throws {EncodeError} for what cannot be written */
  readonly encode: (value: unknown) => string;
}

/** Events of an application's own, sent by whoever runs its tasks. Connects with the first of them. */
export class CustomEvents {
  private dispatcher: EventDispatcher | undefined;

  constructor(private readonly setup: CustomEventsSetup) {}

  /**
   * Resolves when the broker has it, or is away: then it is kept for a while.
   * @throws {InvalidEventError} for a type or a field that an own event cannot have
   * @throws {EncodeError} for a value that cannot be written
   */
  async send(type: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const members = customMembers(type, fields, this.setup.encode);
    const fanout = await this.setup.connect();
    const dispatcher = (this.dispatcher ??= new EventDispatcher({ ...this.setup, fanout }));
    dispatcher.send(type, members);
    await dispatcher.flush();
  }

  async close(): Promise<void> {
    await this.dispatcher?.close();
  }
}
