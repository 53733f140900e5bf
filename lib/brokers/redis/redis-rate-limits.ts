import type { Admission, RateLimits } from '../broker.interface.js';
import { RATE_TIMES } from '../virtual/rate-line.js';
import { admit } from './lua.generated.js';
import type { Connected } from './redis-abilities.js';

/** Counts by the server's clock, in one step. */
export class RedisRateLimits implements RateLimits {
  constructor(private readonly connected: Connected) {}

  async admit(bucket: string, taskIds: readonly string[], intervalMs: number): Promise<readonly Admission[]> {
    const { link, keys } = this.connected();
    const key = keys.rate(bucket);
    const reply = (await link.run(admit, [key, `${key}:waiting`], [intervalMs, ...RATE_TIMES, ...taskIds])) as string[];
    return taskIds.map((_, index) => {
      const ms = Number(reply[index * 2 + 1]);
      return reply[index * 2] === 'run' ? { as: 'run', inMs: ms } : { as: 'wait', forMs: ms };
    });
  }
}
