import type { ResultTuple } from '../../protocol/index.js';
import type { GroupStore } from '../chord-store.interface.js';
import type { ResultCodec } from '../result-codec.js';
import type { RedisTexts, RunRepeatedly } from './redis-texts.js';
import { unreadable } from './unreadable.js';

/** Saves groups in Redis as Celery does, which restores ours, and we its. @source celery/backends/base.py `_save_group` */
export class RedisGroupStore implements GroupStore {
  constructor(
    private readonly run: RunRepeatedly,
    private readonly texts: RedisTexts,
    private readonly codec: ResultCodec,
  ) {}

  async save(groupId: string, group: ResultTuple): Promise<void> {
    const { codec } = this;
    const value = codec.encodeGroup(group);
    await this.texts.store([{ key: codec.groupKeyOf(groupId), value, expiresMs: codec.expiresMs }]);
  }

  async fetch(groupId: string): Promise<ResultTuple | undefined> {
    const key = this.codec.groupKeyOf(groupId);
    const value = await this.run((link) => link.callBuffer('fetch a group', 'get', [key]));
    if (!Buffer.isBuffer(value)) return undefined;
    try {
      return this.codec.decodeGroup(value);
    } catch (error) {
      throw unreadable(this.texts.place, key, error);
    }
  }

  async forget(groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    const keys = groupIds.map((groupId) => this.codec.groupKeyOf(groupId));
    await this.run((link) => link.call('forget groups', 'unlink', keys));
  }
}
