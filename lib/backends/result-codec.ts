import { formatTaskMeta, parseTaskMeta, taskMetaKey, type ResultRecord, type TaskMeta } from '../protocol/index.js';
import type { JsonSerializer } from '../serialization/index.js';
import type { EncodedResultText } from './result-backend.interface.js';

/** Kept that long unless told otherwise. @source Celery `result_expires` */
export const DEFAULT_EXPIRES_MS = 86_400_000;

/** Between a state and the JSON text that key-value stores keep of it. */
export class ResultCodec {
  /**
   * @param expiresMs how long results are kept; `0` for ever
   * @param keyPrefix put before every key
   */
  constructor(
    private readonly serializer: JsonSerializer,
    private readonly expiresMs: number,
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
}
