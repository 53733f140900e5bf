import {
  formatGroupMeta,
  formatTaskMeta,
  groupMetaKey,
  parseGroupMeta,
  parseTaskMeta,
  taskMetaKey,
  type ResultRecord,
  type ResultTuple,
  type TaskMeta,
} from '../protocol/index.js';
import type { JsonSerializer } from '../serialization/index.js';
import type { EncodedResultText } from './result-backend.interface.js';

/** Kept that long unless told otherwise. @source Celery `result_expires` */
export const DEFAULT_EXPIRES_MS = 86_400_000;

/** Between a state or a saved group and the JSON text that key-value stores keep of it. */
export class ResultCodec {
  /**
   * @param expiresMs how long results are kept; `0` for ever
   * @param keyPrefix put before every key
   */
  constructor(
    private readonly serializer: JsonSerializer,
    readonly expiresMs: number,
    private readonly keyPrefix = '',
  ) {}

  /** The same, with another prefix. */
  withKeyPrefix(keyPrefix: string): ResultCodec {
    return new ResultCodec(this.serializer, this.expiresMs, keyPrefix);
  }

  keyOf(taskId: string): string {
    return this.keyPrefix + taskMetaKey(taskId);
  }

  encode(record: ResultRecord): EncodedResultText {
    return {
      taskId: record.taskId,
      status: record.status,
      key: this.keyOf(record.taskId),
      value: formatTaskMeta(record),
      expiresMs: this.expiresMs,
    };
  }

  /** @throws {DecodeError} */
  decode(value: string | Uint8Array, taskId?: string): TaskMeta {
    return parseTaskMeta(this.serializer.decode(value), taskId);
  }

  /** Also what the keys of its chord begin with. */
  groupKeyOf(groupId: string): string {
    return this.keyPrefix + groupMetaKey(groupId);
  }

  encodeGroup(group: ResultTuple): string {
    return formatGroupMeta(group);
  }

  /** @throws {DecodeError} */
  decodeGroup(value: string | Uint8Array): ResultTuple {
    return parseGroupMeta(this.serializer.decode(value));
  }
}
