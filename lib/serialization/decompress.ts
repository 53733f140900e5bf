import { inflateSync } from 'node:zlib';
import { DecodeError, describeValue } from '../errors/index.js';

/** Header values that mean a zlib stream. The name is Celery's: it is never gzip framing. @source kombu/compression.py */
const ZLIB: ReadonlySet<unknown> = new Set(['application/x-gzip', 'zlib', 'gzip']);

/**
 * Undoes the compression a message's header names.
 * @param maxBytes what it may grow to
 * @throws {DecodeError} when it is another compression, damaged, or grows beyond that
 */
export function decompress(body: Uint8Array, compression: unknown, maxBytes: number): Uint8Array {
  if (!ZLIB.has(compression)) {
    throw new DecodeError(
      `Cannot decompress a body: compression ${describeValue(compression)} is not supported, only zlib is.`,
    );
  }
  try {
    return inflateSync(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = error instanceof RangeError;
    const reason = tooLarge ? `it would grow beyond ${maxBytes} bytes` : 'it is not a whole zlib stream';
    throw new DecodeError(`Cannot decompress a body: ${reason}.`, { cause: error });
  }
}
