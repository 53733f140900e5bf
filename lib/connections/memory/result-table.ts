import type { Clock } from '../../time/index.js';

/** A result as its backend wrote it. */
export interface MemoryResult {
  readonly taskId: string;
  readonly status: string;
  readonly value: string;
  /** How long it is kept from now on; `0` for ever. */
  readonly expiresMs: number;
}

type Kept = MemoryResult & { readonly endMs: number };
export type MemoryResultListener = (result: MemoryResult) => void;

/** The results of one store: a later one replaces an earlier one, but nothing replaces SUCCESS. */
export class ResultTable {
  private readonly results = new Map<string, Kept>();
  private readonly listeners = new Set<MemoryResultListener>();

  constructor(private readonly clock: Clock) {}

  put(result: MemoryResult): void {
    if (this.get(result.taskId)?.status === 'SUCCESS') return;
    this.results.delete(result.taskId); // so that the order of the map is that of writing
    this.results.set(result.taskId, {
      ...result,
      endMs: result.expiresMs > 0 ? this.clock.now() + result.expiresMs : Infinity,
    });
    for (const listener of this.listeners) listener(result);
  }

  get(taskId: string): MemoryResult | undefined {
    const kept = this.results.get(taskId);
    if (kept === undefined || kept.endMs > this.clock.now()) return kept;
    this.results.delete(taskId);
    return undefined;
  }

  delete(taskId: string): void {
    this.results.delete(taskId);
  }

  /** Deletes what has expired. */
  sweep(): number {
    const nowMs = this.clock.now();
    let swept = 0;
    for (const [taskId, { endMs }] of this.results) {
      if (endMs > nowMs) continue;
      this.results.delete(taskId);
      swept += 1;
    }
    return swept;
  }

  /** Called in the turn of the write; returns how to stop. */
  listen(listener: MemoryResultListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
