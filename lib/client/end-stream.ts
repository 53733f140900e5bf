import type { TaskMeta } from '../protocol/index.js';
import type { ResolvedGetOptions } from './get-options.js';
import type { ResultReader } from './result-reader.js';
import { followEnds, type Awaited } from './result-wait.js';

/** The end of a task, by its place in a list. */
export interface TaskEnd {
  readonly place: number;
  /** Its own, or that of a task before it, without which it never runs. */
  readonly meta: TaskMeta;
}

export interface EndStreamOptions extends Pick<ResolvedGetOptions, 'timeoutMs' | 'signal'> {
  /** Told when it happens, which may be long before it is given. */
  ended(place: number): void;
  onTimeout(timeoutMs: number): Error;
}

/** The ends of tasks as they come. What is there already is given before a time that has run out is told. */
export async function* streamEnds(
  { store, clock }: ResultReader,
  tasks: readonly Awaited[],
  { timeoutMs, signal, ended, onTimeout }: EndStreamOptions,
): AsyncGenerator<TaskEnd, void, undefined> {
  let ends: TaskEnd[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake?.();
  };
  const onAbort = (): void => fail(signal?.reason);
  const timer = timeoutMs === undefined ? undefined : clock.setTimer(() => fail(onTimeout(timeoutMs)), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stop = followEnds(store, tasks, {
    ended: (place, meta) => {
      ended(place);
      ends.push({ place, meta });
      wake?.();
    },
    failed: (_place, error) => fail(error),
  });
  try {
    for (let told = 0; told < tasks.length;) {
      if (ends.length === 0) {
        if (failure !== undefined) throw failure.error;
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      const batch = ends;
      ends = [];
      told += batch.length;
      yield* batch;
    }
  } finally {
    stop();
    timer?.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
