/** A binary heap: the least element first, each step at most logarithmic. */
export class Heap<T> {
  private items: T[] = [];

  /** @param precedes whether the first argument comes out before the second */
  constructor(private readonly precedes: (one: T, other: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    let at = this.items.length;
    this.items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.items[parent] as T;
      if (!this.precedes(item, above)) break;
      this.items[at] = above;
      at = parent;
    }
    this.items[at] = item;
  }

  pop(): T | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (last !== undefined && this.items.length > 0) this.sink(last);
    return top;
  }

  /** Takes out all that match, in no particular order. Looks at every element. */
  removeAll(matches: (item: T) => boolean): T[] {
    const removed: T[] = [];
    const kept: T[] = [];
    for (const item of this.items) (matches(item) ? removed : kept).push(item);
    this.items = [];
    for (const item of kept) this.push(item);
    return removed;
  }

  private sink(item: T): void {
    const size = this.items.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.precedes(this.items[child + 1] as T, this.items[child] as T)) child += 1;
      const below = this.items[child] as T;
      if (!this.precedes(below, item)) break;
      this.items[at] = below;
      at = child;
    }
    this.items[at] = item;
  }
}
