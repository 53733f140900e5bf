import type { EmbeddedStore } from '../../connections/index.js';
import type { ResultTuple } from '../../protocol/index.js';
import type { GroupStore } from '../chord-store.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { FETCH_GROUP, FORGET_GROUP, SAVE_GROUP } from './result-sql.js';

/** Results of groups, saved in the file of the embedded store. */
export class EmbeddedGroupStore implements GroupStore {
  /** @param store throws while the backend is not connected */
  constructor(
    private readonly store: () => EmbeddedStore,
    private readonly codec: ResultCodec,
  ) {}

  async save(groupId: string, group: ResultTuple): Promise<void> {
    const store = this.store();
    const { expiresMs } = this.codec;
    const value = this.codec.encodeGroup(group);
    await store.write(() => {
      store.sql(SAVE_GROUP).run(groupId, expiresMs > 0 ? Math.ceil(store.clock.now() + expiresMs) : 0, value);
    });
  }

  async fetch(groupId: string): Promise<ResultTuple | undefined> {
    const store = this.store();
    const row = await store.read(() => store.sql(FETCH_GROUP).get(groupId, store.clock.now()));
    const value = row?.['value'];
    return typeof value === 'string' ? this.codec.decodeGroup(value) : undefined;
  }

  async forget(groupIds: readonly string[]): Promise<void> {
    const store = this.store();
    await store.write(() => groupIds.forEach((groupId) => store.sql(FORGET_GROUP).run(groupId)), groupIds.length);
  }
}
