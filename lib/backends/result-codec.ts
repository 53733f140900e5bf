import { formatTaskMeta, parseTaskMeta, taskMetaKey, type ResultRecord, type TaskMeta } from '../protocol/index.js';
import type { JsonSerializer } from '../serialization/index.js';
import type { EncodedResultText } from './result-backend.interface.js';

/** Kept that long unless told otherwise. @source Celery `result_expires` */
export const DEFAULT_EXPIRES_MS = 86_400_000;

/** Between a state and the JSON text that key-value stores keep of it. */
export class ResultCodec {
  /** @param expiresMs how long results are kept; `0` for ever */
  constructor(
    private readonly serializer: JsonSerializer,
    private readonly expiresMs: number,
  ) {}

  encode(record: ResultRecord): EncodedResultText {
    return {
      taskId: record.taskId,
      status: record.status,
      key: taskMetaKey(record.taskId),
      value: formatTaskMeta(record),
      expiresMs: this.expiresMs,
    };
  }

  decode(value: string): TaskMeta {
    return parseTaskMeta(this.serializer.decode(value));
  }
}
