/** Where something stands in a roster. */
export interface Place<T> {
  readonly item: T;
}

interface Linked<T> extends Place<T> {
  before: Linked<T> | undefined;
  after: Linked<T> | undefined;
  /** Until it is left. */
  roster: Roster<T> | undefined;
}

/**
 * Those who are there, in the order they came: for crowds that thousands a second join and leave.
 *
 * Stands where a Set would, of which V8 keeps too much: each table that a Set has used up refers to the next one, so that once one of them is old, all
 * later ones, with whatever was in them when they were used up, are taken for alive until the next full collection. Here who leaves refers to nobody.
 */
export class Roster<T> {
  #first: Linked<T> | undefined;
  #last: Linked<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest of those who are there. */
  get first(): T | undefined {
    return this.#first?.item;
  }

  /** Puts it last. Returns the place by which it leaves. */
  add(item: T): Place<T> {
    const place: Linked<T> = { item, before: this.#last, after: undefined, roster: this };
    if (this.#last) this.#last.after = place;
    else this.#first = place;
    this.#last = place;
    this.#size++;
    return place;
  }

  /** Returns whether it was still there. */
  remove(given: Place<T>): boolean {
    const place = given as Linked<T>;
    if (place.roster !== this) return false;
    const { before, after } = place;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    place.before = place.after = place.roster = undefined;
    this.#size--;
    return true;
  }

  /** Those who are there now and have not left when their turn comes. */
  *[Symbol.iterator](): Iterator<T> {
    const all: Linked<T>[] = [];
    for (let place = this.#first; place; place = place.after) all.push(place);
    for (const place of all) if (place.roster === this) yield place.item;
  }
}
