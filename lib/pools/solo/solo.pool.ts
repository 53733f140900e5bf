import { InlinePool, type InlinePoolOptions } from '../inline/inline.pool.js';
import { Resizing } from '../resizing.js';

/** One body at a time in this process, in the order in which jobs were given, isolated ones included. Cannot be resized. */
export class SoloPool<Job, Reply> extends InlinePool<Job, Reply> {
  constructor(options: Omit<InlinePoolOptions<Job, Reply>, 'limit' | 'name'>) {
    super({ ...options, limit: 1 });
  }

  override grow(_count: number): never {
    return refuse();
  }

  override shrink(_count: number): never {
    return refuse();
  }
}

function refuse(): never {
  return new Resizing('solo').refuse(1, 'it runs one task at a time. Use "async", "prefork" or "threads" for more.');
}
