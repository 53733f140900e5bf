import type { EmbeddedStore } from '../../connections/index.js';
import { endsChord, isAnothers, isComplete, type ChordCount } from '../chord-rules.js';
import type { ChordOpening, ChordPart, ChordStore, KeptPart, PartAnswer } from '../chord-store.interface.js';
import {
  ADD_EXTENDER,
  ADD_PART,
  CLOSE_CHORD,
  COUNT_PART,
  DROP_EXPIRED_CHORD,
  DROP_PARTS,
  EXTEND_CHORD,
  FIND_CHORD,
  OPEN_CHORD,
  PARTS,
  REPLACE_PART,
} from './chord-sql.js';

/** Most parts of one transaction. */
const PAGE = 256;

/** A part without a place comes after all that have one. */
const NO_PLACE = Number.MAX_SAFE_INTEGER;

interface FoundChord extends ChordCount {
  readonly done: number;
}

const NEW: FoundChord = { size: undefined, extra: 0, claim: undefined, isClosed: false, done: 0 };

/** Counts the parts of chords in the file of the embedded store, each in the transaction in which it is looked at. */
export class EmbeddedChordStore implements ChordStore {
  /** @param store throws while the backend is not connected */
  constructor(
    private readonly store: () => EmbeddedStore,
    private readonly expiresMs: number,
  ) {}

  async open(chords: readonly ChordOpening[]): Promise<void> {
    const store = this.store();
    await store.write(() => {
      for (const { groupId, size } of chords) this.put(store, OPEN_CHORD, groupId, size);
    }, chords.length);
  }

  async report(parts: readonly ChordPart[]): Promise<readonly PartAnswer[]> {
    const store = this.store();
    const pages: Promise<PartAnswer[]>[] = [];
    for (let start = 0; start < parts.length; start += PAGE) {
      const page = parts.slice(start, start + PAGE);
      pages.push(store.write(() => page.map((part) => this.count(store, part)), 2 * page.length));
    }
    return (await Promise.all(pages)).flat();
  }

  async parts(groupId: string): Promise<readonly KeptPart[]> {
    const store = this.store();
    const rows = await store.read(() => (find(store, groupId) === undefined ? [] : store.sql(PARTS).all(groupId)));
    return rows.map((row) => ({
      taskId: String(row['task_id']),
      state: String(row['state']),
      result: String(row['result']),
    }));
  }

  async close(groupIds: readonly string[]): Promise<void> {
    const store = this.store();
    await store.write(() => {
      for (const groupId of groupIds) {
        if (find(store, groupId)?.isClosed === true) continue;
        this.put(store, CLOSE_CHORD, groupId);
        store.sql(DROP_PARTS).run(groupId);
      }
    }, groupIds.length);
  }

  async extend(groupId: string, by: number, once: string): Promise<void> {
    const store = this.store();
    await store.write(() => {
      this.put(store, EXTEND_CHORD, groupId, 0);
      if (Number(store.sql(ADD_EXTENDER).run(groupId, once).changes) === 1) this.put(store, EXTEND_CHORD, groupId, by);
    });
  }

  async progress(groupId: string): Promise<{ readonly done: number; readonly size: number | undefined }> {
    const store = this.store();
    const { done, size, extra } = (await store.read(() => find(store, groupId))) ?? NEW;
    return { done, size: size === undefined ? undefined : size + extra };
  }

  private count(store: EmbeddedStore, part: ChordPart): PartAnswer {
    const { groupId, taskId, groupIndex = NO_PLACE, state, result } = part;
    const known = find(store, groupId);
    const chord = known ?? NEW;
    const isOver = isAnothers(chord, part);
    if (chord.isClosed || (isOver && isComplete(chord, part, chord.done))) return 'over';
    if (known === undefined) this.dropExpired(store, groupId);
    const isNew = Number(store.sql(ADD_PART).run(groupId, groupIndex, taskId, state, result).changes) === 1;
    if (!isNew) store.sql(REPLACE_PART).run(state, result, groupId, groupIndex, taskId);
    const done = chord.done + (isNew ? 1 : 0);
    const isLast = !isOver && endsChord(chord, part, done);
    // A task that failed and was delivered again may succeed: then the chord has not ended with it.
    const claim = isOver ? chord.claim : isLast ? taskId : undefined;
    store.sql(COUNT_PART).run(groupId, this.expiry(store), done, claim ?? null);
    if (isOver) return 'over';
    return isLast ? 'yours' : 'counted';
  }

  private put(store: EmbeddedStore, sql: string, groupId: string, ...value: number[]): void {
    this.dropExpired(store, groupId);
    store.sql(sql).run(groupId, this.expiry(store), ...value);
  }

  private dropExpired(store: EmbeddedStore, groupId: string): void {
    store.sql(DROP_EXPIRED_CHORD).run(groupId, store.clock.now());
  }

  private expiry(store: EmbeddedStore): number {
    return this.expiresMs > 0 ? Math.ceil(store.clock.now() + this.expiresMs) : 0;
  }
}

function find(store: EmbeddedStore, groupId: string): FoundChord | undefined {
  const row = store.sql(FIND_CHORD).get(groupId, store.clock.now());
  if (row === undefined) return undefined;
  const { size, extra, claim, closed, done } = row;
  return {
    size: size === null ? undefined : Number(size),
    extra: Number(extra),
    claim: typeof claim === 'string' ? claim : undefined,
    isClosed: closed === 1,
    done: Number(done),
  };
}
