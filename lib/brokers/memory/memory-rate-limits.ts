import type { MemoryStore } from '../../connections/index.js';
import type { Admission, RateLimits } from '../broker.interface.js';
import { RateLine } from '../virtual/rate-line.js';

export class MemoryRateLimits implements RateLimits {
  constructor(private readonly connected: () => MemoryStore) {}

  async admit(bucket: string, taskIds: readonly string[], intervalMs: number): Promise<readonly Admission[]> {
    const { rates, clock } = this.connected();
    const line = (rates.get(bucket) as RateLine | undefined) ?? new RateLine();
    rates.set(bucket, line);
    const nowMs = clock.now();
    return taskIds.map((taskId) => line.admit({ taskId, intervalMs, nowMs, isShared: true }));
  }
}
