import { InlinePool, type InlinePoolOptions } from '../inline/inline.pool.js';

/**
 * Many bodies at once on this process's event loop, for work that waits for others: third-party APIs, databases. Aliases `eventlet` and `gevent`.
 * Of isolated jobs one runs at a time, beside others.
 */
export class AsyncPool<Job, Reply> extends InlinePool<Job, Reply> {
  constructor(options: InlinePoolOptions<Job, Reply>) {
    super({ name: 'async', ...options });
  }
}
