import { filter, map, mergeMap, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { PublishSignals } from '../../../lib/client/index.js';
import { TaskEvents, TaskSignals, type ClusterEvents } from '../../../lib/events/index.js';
import type { ExecutionSignals } from '../../../lib/execution/index.js';
import type { TaskHead } from '../../../lib/protocol/index.js';

const worker = { hostname: 'w1@host' };

function setup() {
  const errors: unknown[] = [];
  const signals = new TaskSignals((error) => errors.push(error));
  return { signals, events: new TaskEvents(signals, {} as ClusterEvents), errors };
}

/** Lets a rejected promise and what RxJS reports later come out. */
const later = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('TaskEvents', () => {
  it('tells each listener of each signal, in the order in which they subscribed', () => {
    const { signals, events } = setup();
    const told: string[] = [];
    events.workerReady$.subscribe(({ hostname }) => told.push(`1 ${hostname}`));
    events.workerReady$.subscribe({ next: () => told.push('2') });

    signals.workerReady.emit(worker);

    expect(told).toEqual(['1 w1@host', '2']);
  });

  it('knows whether anybody listens', () => {
    const { signals, events } = setup();
    expect(signals.taskPrerun.isObserved).toBe(false);

    const subscription = events.taskPrerun$.subscribe();
    expect(signals.taskPrerun.isObserved).toBe(true);
    subscription.unsubscribe();

    expect(signals.taskPrerun.isObserved).toBe(false);
  });

  it('keeps what a listener throws from the engine and from other listeners', async () => {
    const { signals, events, errors } = setup();
    const told: number[] = [];
    events.workerReady$.subscribe(() => {
      throw new Error('plain');
    });
    events.workerReady$.subscribe((() => Promise.reject(new Error('async'))) as () => void);
    events.workerReady$
      .pipe(
        map(() => {
          throw new Error('piped');
        }),
      )
      .subscribe();
    events.workerReady$
      .pipe(
        filter(() => true),
        mergeMap(async () => {
          throw new Error('merged');
        }),
      )
      .subscribe({ next: () => undefined });
    events.workerReady$.pipe(map((event) => event)).subscribe(() => {
      throw new Error('after a pipe');
    });
    events.workerReady$.subscribe(() => told.push(1));

    signals.workerReady.emit(worker);
    await later();
    await later();

    expect(told).toEqual([1]);
    expect(errors.map((error) => (error as Error).message).sort()).toEqual([
      'after a pipe',
      'async',
      'merged',
      'piped',
      'plain',
    ]);
  });

  it('goes on telling a listener that threw', () => {
    const { signals, events, errors } = setup();
    const listener = vi.fn(() => {
      throw new Error('again');
    });
    events.workerReady$.subscribe(listener);

    signals.workerReady.emit(worker);
    signals.workerReady.emit(worker);

    expect(listener).toHaveBeenCalledTimes(2);
    expect(errors).toHaveLength(2);
  });

  it('gives errors to a listener that takes them', () => {
    const { signals, events, errors } = setup();
    const taken = vi.fn();
    events.workerReady$
      .pipe(
        map(() => {
          throw new Error('piped');
        }),
      )
      .subscribe({ error: taken });

    signals.workerReady.emit(worker);

    expect(taken).toHaveBeenCalledOnce();
    expect(errors).toEqual([]);
  });

  it('survives listeners that leave and come in the middle of an event', () => {
    const { signals, events } = setup();
    const told: string[] = [];
    const first = events.workerReady$.subscribe(() => {
      told.push('first');
      first.unsubscribe();
      events.workerReady$.subscribe(() => told.push('late'));
    });
    events.workerReady$.subscribe(() => told.push('second'));

    signals.workerReady.emit(worker);

    expect(told).toEqual(['first', 'second']);
  });

  it('completes, also into a Subject', () => {
    const { signals, events } = setup();
    const subject = new Subject<unknown>();
    const completed = vi.fn();
    subject.subscribe({ complete: completed });
    events.taskSuccess$.subscribe(subject);

    signals.complete();

    expect(completed).toHaveBeenCalledOnce();
    expect(signals.taskSuccess.isObserved).toBe(false);
  });

  it('tells what a worker tells', () => {
    const { signals, events } = setup();
    const told: unknown[] = [];
    events.taskReceived$.subscribe((event) => told.push(event));
    events.taskRevoked$.subscribe((event) => told.push(event));
    events.taskRejected$.subscribe((event) => told.push(event));
    const head = { task: 'a', id: '1' } as TaskHead;
    const told$ = signals.forWorker();

    told$.taskReceived(head);
    told$.taskRevoked(head, 'expired');
    told$.taskRejected('no envelope');
    told$.taskUnknown(head);

    expect(told).toEqual([
      { task: 'a', id: '1', head },
      { task: 'a', id: '1', head, reason: 'expired' },
      { description: 'no envelope' },
    ]);
  });
});

describe('TaskSignals', () => {
  it('fits what client and execution emit into', () => {
    const { signals } = setup();

    const publish: PublishSignals = signals;
    const execution: ExecutionSignals = signals;

    expect(publish.afterTaskPublish.isObserved || execution.taskPrerun.isObserved).toBe(false);
  });
});
