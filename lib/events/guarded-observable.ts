import { Observable, Subscriber, type Observer, type Operator, type Subscription } from 'rxjs';

/** Told of an error that a listener threw. */
export type ListenerErrorHandler = (error: unknown) => void;

type Handler<A extends unknown[]> = ((...args: A) => void) | null | undefined;

/**
 * An Observable whose listeners cannot harm who emits: RxJS reports what a listener throws, and an error that no listener takes, as an
 * uncaught exception, which would end the process. Here both go to a handler; so does a rejected promise of an async listener.
 * What is piped from it is guarded in the same way.
 */
export class GuardedObservable<T> extends Observable<T> {
  constructor(
    private readonly onError: ListenerErrorHandler,
    subscribe?: (subscriber: Subscriber<T>) => (() => void) | void,
  ) {
    super(subscribe);
  }

  /** How operators make what they return. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(this.onError);
    lifted.source = this as unknown as Observable<R>;
    lifted.operator = operator as unknown as Operator<unknown, R>;
    return lifted;
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null): Subscription;
  override subscribe(next?: Handler<[T]>, error?: Handler<[unknown]>, complete?: Handler<[]>): Subscription;
  override subscribe(
    listener?: Partial<Observer<T>> | Handler<[T]>,
    error?: Handler<[unknown]>,
    complete?: Handler<[]>,
  ): Subscription {
    if (listener instanceof Subscriber) return super.subscribe(listener); // an operator, which passes on its errors
    const observer: Partial<Observer<T>> =
      typeof listener === 'object' && listener !== null ? listener : toObserver(listener, error, complete);
    return super.subscribe({
      next: (value) => this.guard(() => observer.next?.(value)),
      error: (reason: unknown) => (observer.error ? this.guard(() => observer.error?.(reason)) : this.onError(reason)),
      complete: () => this.guard(() => observer.complete?.()),
    });
  }

  private guard(listener: () => unknown): void {
    try {
      const returned = listener();
      if (returned instanceof Promise) returned.catch(this.onError);
    } catch (error) {
      this.onError(error);
    }
  }
}

function toObserver<T>(next: Handler<[T]>, error: Handler<[unknown]>, complete: Handler<[]>): Partial<Observer<T>> {
  return { ...(next && { next }), ...(error && { error }), ...(complete && { complete }) };
}
