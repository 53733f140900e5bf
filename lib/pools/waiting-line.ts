/** What can stand in a line. */
export interface Waiting {
  /** The lower, the sooner. */
  readonly order: number;
  /** Anything but `waiting`: it no longer wants its turn. */
  readonly state: string;
}

/** First in, first out; what no longer waits is skipped rather than searched for. */
export class WaitingLine<T extends Waiting> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  /** Gives one that had its turn back the place it had. */
  putBack(item: T): void {
    let place = this.#head;
    while (place < this.#items.length && (this.#items[place] as T).order < item.order) place++;
    this.#items.splice(place, 0, item);
  }

  /** The next one, which stays. */
  peek(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head] as T;
      if (item.state === 'waiting') return item;
      this.#drop();
    }
    return undefined;
  }

  shift(): T | undefined {
    const item = this.peek();
    if (item !== undefined) this.#drop();
    return item;
  }

  /** Empties it. */
  takeAll(): T[] {
    const items = this.#items.slice(this.#head).filter((item) => item.state === 'waiting');
    this.#items = [];
    this.#head = 0;
    return items;
  }

  #drop(): void {
    this.#items[this.#head++] = undefined as never; // nothing that has gone is kept alive
    if (this.#head === this.#items.length) this.#items.length = this.#head = 0;
    else if (this.#head * 2 > this.#items.length) {
      // Half of it used up: cutting then costs each item one move on average.
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
