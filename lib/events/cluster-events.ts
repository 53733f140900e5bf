import type { Observable, Subscriber, Subscription } from 'rxjs';
import { filter } from 'rxjs';
import { isClusterEvent } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { ClusterState, type ClusterStateOptions } from './cluster-state.js';
import { EventReceiver, type EventReceiverSetup } from './event-receiver.js';
import { GuardedObservable, type ListenerErrorHandler } from './guarded-observable.js';
import type { ReceivedEvent, ReceivedEventOf } from './received-event.js';

export interface ClusterEventsSetup extends Pick<EventReceiverSetup, 'connect' | 'decode' | 'logicalClock' | 'log'> {
  readonly clock: Clock;
  readonly onListenerError: ListenerErrorHandler;
  /** Asks every worker to tell of itself, so that those who begin to listen need not wait. */
  readonly askForHeartbeats: () => void;
}

/** A `ClusterState` that follows events until it is closed. */
export interface FollowedCluster {
  readonly state: ClusterState;
  close(): void;
}

/**
 * What workers and clients of the broker tell, Python's included: heartbeats, what becomes of tasks, and events of applications' own. Workers tell of
 * tasks where they are asked to (`worker.sendTaskEvents`, Celery's `-E`). It listens while somebody subscribes.
 */
export class ClusterEvents {
  /** Every event. */
  readonly all$: Observable<ReceivedEvent>;
  private readonly receiver: EventReceiver;
  private subscribers: readonly Subscriber<ReceivedEvent>[] = [];
  private isClosed = false;

  constructor(private readonly setup: ClusterEventsSetup) {
    this.receiver = new EventReceiver({
      ...setup,
      pattern: '#',
      onListening: setup.askForHeartbeats,
      onEvent: (event) => this.emit(event),
    });
    this.all$ = new GuardedObservable<ReceivedEvent>(setup.onListenerError, (subscriber) => this.add(subscriber));
  }

  /** Those of a type, such as `task-failed` or one of your own. */
  of<Type extends string>(type: Type): Observable<ReceivedEventOf<Type>> {
    const events = this.all$.pipe(filter((event) => isClusterEvent(event, type)));
    return events as unknown as Observable<ReceivedEventOf<Type>>;
  }

  /** Keeps up a picture of workers and tasks, from now on until it is closed. */
  follow(options: ClusterStateOptions = {}): FollowedCluster {
    const state = new ClusterState(this.setup.clock, options);
    const subscription: Subscription = this.all$.subscribe((event) => state.apply(event));
    return { state, close: () => subscription.unsubscribe() };
  }

  /** Resolves once events are heard: at once where they are, and never before somebody subscribes. */
  async listening(): Promise<void> {
    if (this.subscribers.length > 0) await this.receiver.start();
  }

  /** @internal Completes for all who listen, when the application ends. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const subscriber of this.subscribers) subscriber.complete();
    await this.receiver.stop();
  }

  private add(subscriber: Subscriber<ReceivedEvent>): () => void {
    if (this.isClosed) {
      subscriber.complete();
      return () => undefined;
    }
    this.subscribers = [...this.subscribers, subscriber];
    void this.receiver.start();
    return () => {
      this.subscribers = this.subscribers.filter((each) => each !== subscriber);
      if (this.subscribers.length === 0) this.receiver.stop().catch(this.setup.onListenerError);
    };
  }

  private emit(event: ReceivedEvent): void {
    for (const subscriber of this.subscribers) subscriber.next(event);
  }
}
