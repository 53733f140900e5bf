/** How many bodies of each task have begun. */
export class StartCounts {
  private readonly counts = new Map<string, { count: number }>();

  add(task: string): void {
    const entry = this.counts.get(task);
    if (entry === undefined) this.counts.set(task, { count: 1 });
    else entry.count += 1;
  }

  /** By the name of the task; in the order of their first start. */
  all(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.counts, ([task, { count }]) => [task, count]));
  }

  get total(): number {
    let total = 0;
    for (const { count } of this.counts.values()) total += count;
    return total;
  }
}
