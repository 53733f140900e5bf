import { Observable } from 'rxjs';
import { oncePerTurn } from './once-per-turn.js';
import type { ResultReader } from './result-reader.js';
import { followEnds, type Awaited } from './result-wait.js';

/** How far the tasks of a group have come. */
export interface GroupProgress {
  readonly total: number;
  /** Those that have ended: succeeded, failed or were revoked. */
  readonly done: number;
  /** Those of `done` that did not succeed. */
  readonly failed: number;
}

/**
 * How far tasks have come: what is stored at first, then what changes, told once in each turn of the event loop. Completes when all have ended.
 * @param tasksOf throws where the states of some will never be known
 */
export function groupProgress({ store }: ResultReader, tasksOf: () => readonly Awaited[]): Observable<GroupProgress> {
  return new Observable<GroupProgress>((subscriber) => {
    const tasks = tasksOf();
    const total = tasks.length;
    const isKnown = new Uint8Array(total);
    let unknown = total;
    let [done, failed] = [0, 0];
    const tell = (): void => {
      if (subscriber.closed) return;
      subscriber.next({ total, done, failed });
      if (done === total) subscriber.complete();
    };
    if (total === 0) return tell();
    const tellSoon = oncePerTurn(tell);
    const know = (place: number): void => {
      if (isKnown[place] === 1) return;
      isKnown[place] = 1;
      unknown -= 1;
      if (unknown === 0) tellSoon();
    };
    return followEnds(store, tasks, {
      ended: (place, meta) => {
        done += 1;
        if (meta.status !== 'SUCCESS') failed += 1;
        know(place);
        if (unknown === 0) tellSoon();
      },
      seen: know,
      failed: (_place, error) => subscriber.error(error),
    });
  });
}
