import type { TaskMeta } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import { isReadyState } from './result-states.js';
import type { ResultStore } from './result-store.js';

/** A task whose end is waited for. */
export interface Awaited {
  readonly id: string;
  /** Tasks that come before it: the end of one that did not succeed is its end as well, since it will never run. */
  readonly before: readonly string[];
}

/** Told of the tasks of a list by their places in it. */
export interface EndListener {
  /** A task has ended, or one before it has without success. Once for each. */
  ended(place: number, meta: TaskMeta): void;
  /** Nothing more will come of a task. */
  failed(place: number, error: unknown): void;
  /** A task has a state that is not its last one: `PENDING` as long as nothing is stored. */
  seen?(place: number, state: string): void;
}

/** Follows tasks until they have ended, in memory that a hundred thousand may take. Returns what stops it. */
export function followEnds(store: ResultStore, tasks: readonly Awaited[], listener: EndListener): () => void {
  const places = new Places(tasks.map(({ id }) => [id]));
  const guarded = new Places(tasks.map(({ before }) => before));
  const hasEnded = new Uint8Array(tasks.length);
  const end = (place: number, tell: () => void): void => {
    if (hasEnded[place] === 1) return;
    hasEnded[place] = 1;
    tell();
  };
  const following = {
    next: (id: string, meta: TaskMeta | undefined): void => {
      if (meta === undefined || !isReadyState(meta.status)) {
        if (listener.seen === undefined) return;
        for (const place of places.of(id)) if (hasEnded[place] === 0) listener.seen(place, meta?.status ?? 'PENDING');
        return;
      }
      store.leave([id], following);
      for (const place of places.of(id)) end(place, () => listener.ended(place, meta));
      if (meta.status === 'SUCCESS') return;
      for (const place of guarded.of(id)) end(place, () => listener.ended(place, meta));
    },
    fail: (id: string, error: unknown): void => {
      for (const place of places.of(id)) end(place, () => listener.failed(place, error));
    },
  };
  const ids = [...places.ids(), ...guarded.ids()]; // the own end of a task is told first where both are stored
  store.follow(ids, following);
  return () => store.leave(ids, following);
}

/** Where in a list an id occurs; mostly once. */
class Places {
  private readonly byId = new Map<string, number | number[]>();

  constructor(lists: readonly (readonly string[])[]) {
    lists.forEach((ids, place) => {
      for (const id of ids) {
        const known = this.byId.get(id);
        if (known === undefined) this.byId.set(id, place);
        else if (typeof known === 'number') this.byId.set(id, [known, place]);
        else known.push(place);
      }
    });
  }

  ids(): Iterable<string> {
    return this.byId.keys();
  }

  of(id: string): readonly number[] {
    const found = this.byId.get(id);
    if (found === undefined) return [];
    return typeof found === 'number' ? [found] : found;
  }
}

export interface WaitLimits {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  onTimeout(timeoutMs: number): Error;
}

/**
 * Waits until what was begun settles, for so long at most.
 * @param begin starts the work, and returns what stops it
 */
export function waitWithin<T>(
  { timeoutMs, signal, clock, onTimeout }: WaitLimits,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let hasEnded = false;
    let stop: (() => void) | undefined;
    const onAbort = (): void => end(() => reject(signal?.reason));
    const timer =
      timeoutMs === undefined ? undefined : clock.setTimer(() => end(() => reject(onTimeout(timeoutMs))), timeoutMs);
    const end = (settle: () => void): void => {
      hasEnded = true;
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      stop?.();
      settle();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      stop = begin(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      );
      if (hasEnded) stop();
    } catch (error) {
      end(() => reject(error));
    }
  });
}
