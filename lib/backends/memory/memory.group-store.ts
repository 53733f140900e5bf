import type { MemoryStore } from '../../connections/index.js';
import type { ResultTuple } from '../../protocol/index.js';
import type { GroupStore } from '../chord-store.interface.js';
import type { ResultCodec } from '../result-codec.js';

/** Results of groups, saved in this process. */
export class MemoryGroupStore implements GroupStore {
  /** @param store throws while the backend is not connected */
  constructor(
    private readonly store: () => MemoryStore,
    private readonly codec: ResultCodec,
  ) {}

  async save(groupId: string, group: ResultTuple): Promise<void> {
    this.store().groups.put(groupId, this.codec.encodeGroup(group), this.codec.expiresMs);
  }

  async fetch(groupId: string): Promise<ResultTuple | undefined> {
    const text = this.store().groups.get(groupId);
    return text === undefined ? undefined : this.codec.decodeGroup(text);
  }

  async forget(groupIds: readonly string[]): Promise<void> {
    for (const groupId of groupIds) this.store().groups.delete(groupId);
  }
}
