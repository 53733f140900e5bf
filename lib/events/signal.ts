import type { Observable, Subscriber } from 'rxjs';
import type { SignalSink } from '../client/index.js';
import { GuardedObservable, type ListenerErrorHandler } from './guarded-observable.js';

/** One signal: the engine emits into it, listeners subscribe to `observable`. Listeners run at once, in the order in which they subscribed. */
export class Signal<T> implements SignalSink<T> {
  readonly observable: Observable<T>;
  /** Replaced, never changed, so that one who leaves in the middle of an event disturbs no other. */
  private subscribers: readonly Subscriber<T>[] = [];

  constructor(onListenerError: ListenerErrorHandler) {
    this.observable = new GuardedObservable<T>(onListenerError, (subscriber) => {
      this.subscribers = [...this.subscribers, subscriber];
      return () => {
        this.subscribers = this.subscribers.filter((each) => each !== subscriber);
      };
    });
  }

  get isObserved(): boolean {
    return this.subscribers.length > 0;
  }

  emit(event: T): void {
    for (const subscriber of this.subscribers) subscriber.next(event);
  }

  /** Tells listeners that nothing more will come. */
  complete(): void {
    for (const subscriber of this.subscribers) subscriber.complete();
  }
}
