import { EncodeError } from '../../errors/index.js';
import { exceptionMap, toWireError, type ResultRecord } from '../../protocol/index.js';
import type { EncodedResultText } from '../result-backend.interface.js';
import type { ResultCodec } from '../result-codec.js';

/** A script that runs long keeps all other clients waiting. */
const MOST_RECORDS = 64;
const MOST_CHARACTERS = 1024 * 1024;

/** Texts in their order, in pages that a script may store at once. A page of one may be of any size. */
export function pagesOf<Text extends { readonly value: string }>(texts: readonly Text[]): readonly (readonly Text[])[] {
  const pages: Text[][] = [];
  let page: Text[] = [];
  let size = 0;
  for (const text of texts) {
    if (page.length > 0 && (page.length === MOST_RECORDS || size + text.value.length > MOST_CHARACTERS)) {
      pages.push(page);
      page = [];
      size = 0;
    }
    page.push(text);
    size += text.value.length;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

/**
 * The largest text that is stored. Redis keeps 512 MiB under one key, but a command is one text in Node, which may be as long: what is settled in the
 * same step, such as messages that follow from the outcome, has to fit as well.
 */
export const LARGEST_VALUE = 256 * 1024 * 1024;

/**
 * A record as it is stored. One that is too large is stored as the error which says so, and a success as a failure, so that who waits learns of it
 * and the task is not run again in vain.
 * @source celery/backends/redis.py `MAX_STR_VALUE_SIZE`
 */
export function encodeWithin(largest: number, record: ResultRecord, codec: ResultCodec): EncodedResultText {
  const encoded = codec.encode(record);
  if (encoded.value.length * 3 <= largest) return encoded;
  const size = Buffer.byteLength(encoded.value);
  if (size <= largest) return encoded;

  const { traceback, ...error } = toWireError(
    new EncodeError(
      `The state ${record.status} of task "${record.taskId}" takes ${size} bytes, more than the ${largest} that are kept of one. ` +
        'Keep the data elsewhere and return where they are.',
    ),
  );
  return codec.encode({
    ...record,
    status: record.status === 'SUCCESS' ? 'FAILURE' : record.status,
    result: JSON.stringify(exceptionMap(error)),
    traceback,
    extended: undefined,
  });
}
