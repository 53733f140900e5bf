import { getHeapStatistics } from 'node:v8';
import { ChildMemoryError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';
import type { ChildRole } from './child-role.js';

/** While it is busy, a child looks this often. */
const LOOK_EVERY_MS = 50;

/**
 * What this child takes: of a process what is resident, of a thread its heap and what its values hold outside of it.
 * @unit bytes
 */
export function memoryOf(kind: ChildRole['kind']): number {
  if (kind === 'prefork') return process.memoryUsage.rss();
  const { total_heap_size: heap, external_memory: outside } = getHeapStatistics();
  return heap + outside;
}

/** Looks whether a child has come to take too much memory: each look costs about 10 µs, so it is not done for each of many small jobs. */
export class MemoryWatch {
  #nextLookMs = 0;
  #hasTold = false;

  constructor(
    private readonly limitBytes: number,
    private readonly measure: () => number,
    private readonly clock: Clock,
  ) {}

  /** @throws {ChildMemoryError} when the limit is passed before the first job, so that no child could ever keep it */
  checkAtBoot(): void {
    const bytes = this.measure();
    if (bytes > this.limitBytes) throw new ChildMemoryError(this.limitBytes, bytes);
  }

  /**
   * For when jobs have ended. Tells once.
   * @param isIdle nothing is left to do, so that a look costs nobody anything
   * @returns what the child takes, when that is too much
   */
  look(isIdle: boolean): number | undefined {
    if (this.#hasTold) return undefined;
    const now = this.clock.monotonic();
    if (!isIdle && now < this.#nextLookMs) return undefined;
    this.#nextLookMs = now + LOOK_EVERY_MS;
    const bytes = this.measure();
    this.#hasTold = bytes > this.limitBytes;
    return this.#hasTold ? bytes : undefined;
  }
}
