import { MixedPool, type Pool } from '../../lib/pools/index.js';
import type { Body } from '../integration/pools/fixtures/bodies.js';

/** The first of two pools, through the pool that is mixed of both: what the other one has does not count. */
export class FirstOfTwo extends MixedPool<Body, unknown> {
  constructor(
    private readonly first: Pool<Body, unknown>,
    second: Pool<Body, unknown>,
  ) {
    const parts = [
      { name: 'first', pool: first },
      { name: 'second', pool: second },
    ];
    super({ parts, partOf: () => undefined });
  }

  override get limit(): number {
    return this.first.limit;
  }

  override get size(): number {
    return this.first.size;
  }
}
