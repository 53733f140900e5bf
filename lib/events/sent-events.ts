import type { Fanout } from '../brokers/index.js';
import type { TaskPublishEvent } from '../client/index.js';
import { OutgoingEnvelope, readHead, taskSentMembers } from '../protocol/index.js';
import { EventDispatcher, type EventDispatcherSetup } from './event-dispatcher.js';

export interface SentEventsSetup extends Omit<EventDispatcherSetup, 'fanout'> {
  /** Of the broker that messages are sent to; connected once one was. */
  readonly fanout: Fanout;
}

/** Tells monitors of each task that was sent. @source Celery `task_send_sent_event` */
export class SentEvents {
  private readonly dispatcher: EventDispatcher;

  constructor(setup: SentEventsSetup) {
    this.dispatcher = new EventDispatcher(setup);
  }

  tell({ message }: TaskPublishEvent): void {
    const head = readHead(new OutgoingEnvelope(message, ''));
    this.dispatcher.send('task-sent', taskSentMembers(head, message));
  }

  async close(): Promise<void> {
    await this.dispatcher.close();
  }
}
