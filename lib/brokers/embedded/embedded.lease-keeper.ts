import {
  openEmbeddedStore,
  releaseEmbeddedStore,
  resolveStoreFolder,
  type EmbeddedStore,
  type EmbeddedStoreOptions,
} from '../../connections/index.js';
import type { Clock } from '../../time/index.js';
import type { LeaseKeeper, LeaseKeeperData, TagSettlement } from '../broker.interface.js';
import { fenceOwner } from './embedded-owners.js';
import { settleTags } from './embedded-settle.js';

/** Acts for a consumer from another thread, on that thread's own connection to the store. */
export class EmbeddedLeaseKeeper implements LeaseKeeper {
  private isClosed = false;

  private constructor(
    private readonly store: EmbeddedStore,
    private readonly owner: string,
  ) {}

  static async open({ url, options, owner }: LeaseKeeperData, clock: Clock): Promise<EmbeddedLeaseKeeper> {
    const store = await openEmbeddedStore(
      resolveStoreFolder(url, process.cwd()),
      options as EmbeddedStoreOptions,
      clock,
    );
    return new EmbeddedLeaseKeeper(store, owner);
  }

  settle(batch: readonly TagSettlement[]): Promise<readonly string[]> {
    return this.store.write(() => settleTags(this.store, this.owner, batch), batch.length);
  }

  fence(): Promise<number> {
    return fenceOwner(this.store, this.owner);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await releaseEmbeddedStore(this.store);
  }
}
