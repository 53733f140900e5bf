/** First in, first out; what no longer waits is skipped rather than searched for. */
export class WaitingLine<T> {
  #items: T[] = [];
  #head = 0;

  /** @param isWaiting whether an item still wants its turn */
  constructor(private readonly isWaiting: (item: T) => boolean) {}

  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts items that had their turn back before all others. */
  putBack(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }

  /** The next one, which stays. */
  peek(): T | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head] as T;
      if (this.isWaiting(item)) return item;
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
    const items = this.#items.slice(this.#head).filter(this.isWaiting);
    this.#items = [];
    this.#head = 0;
    return items;
  }

  #drop(): void {
    this.#items[this.#head] = undefined as T; // nothing that has gone is kept alive
    this.#head++;
    // Half of it used up: cutting then costs each item one move on average.
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
