import { GroupResult, resultOf, type ResultSource } from '../../../lib/client/index.js';
import { ResultStore } from '../../../lib/client/result-store.js';
import type { ResultTuple } from '../../../lib/protocol/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { FakeBackend, turn } from './fakes.js';

/** Results on a backend of this process, without a client. */
export class ResultRig {
  readonly clock = new VirtualClock();
  readonly backend: FakeBackend;
  readonly revoked: (readonly string[])[] = [];
  readonly source: ResultSource;

  constructor(private readonly push: boolean) {
    this.backend = new FakeBackend({ push });
    this.source = {
      store: new ResultStore(this.backend, () => this.backend.connect(), this.clock),
      clock: this.clock,
      errors: new Map(),
      resultOf: (tuple, ignored) => resultOf(tuple, this.source, ignored),
      revoke: async (ids) => void this.revoked.push(ids),
    };
  }

  group<Outs extends readonly unknown[]>(
    members: readonly (ResultTuple | string)[],
    parent: ResultTuple | null = null,
    ignored?: ReadonlySet<string>,
  ): GroupResult<Outs> {
    return new GroupResult<Outs>('g', members, this.source, { parent, ignored });
  }

  /** Lets time pass in which a poll finds what is new. */
  async pass(): Promise<void> {
    for (let i = 0; i < 6; i++) await turn();
    if (this.push) return;
    await this.clock.advance('2s');
    for (let i = 0; i < 6; i++) await turn();
  }
}
