import { InlinePool, type InlinePoolOptions } from '../inline/inline.pool.js';

/** One body at a time in this process, in the order in which jobs were given, isolated ones included. */
export class SoloPool<Job, Reply> extends InlinePool<Job, Reply> {
  constructor(options: Omit<InlinePoolOptions<Job, Reply>, 'limit'>) {
    super({ ...options, limit: 1 });
  }
}
