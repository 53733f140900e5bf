type Hears = (exchange: string, envelope: string) => number;

/** All who listen within one store, whichever broker they came by. */
export class FanoutTable {
  private readonly hearers = new Set<Hears>();
  private readonly waiting: (() => void)[] = [];
  private isTelling = false;

  /** @param hears returns how many were told; returns how to stop */
  add(hears: Hears): () => void {
    this.hearers.add(hears);
    return () => this.hearers.delete(hears);
  }

  /** Tells all who listen by now, in this turn, unless another message is being told: then after that one. Returns how many heard of it. */
  tell(exchange: string, envelope: string): Promise<number> {
    return new Promise((resolve) => {
      this.waiting.push(() => {
        let told = 0;
        for (const hears of [...this.hearers]) told += hears(exchange, envelope);
        resolve(told);
      });
      if (!this.isTelling) this.tellWaiting();
    });
  }

  private tellWaiting(): void {
    this.isTelling = true;
    try {
      for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) next();
    } finally {
      this.isTelling = false;
    }
  }
}
