import { checkDepth } from './depth.js';
import { LosslessParser } from './lossless-parser.js';

/** A run of digits that may be an integer too large for a number, at a place where a value can begin. */
const LONG_INTEGER = /(?:^|[[:,\-\s])\d{16}/;

/**
 * Reads JSON text without losing anything: integers beyond 2^53 become `bigint`, and Python's bare words `NaN`, `Infinity` and
 * `-Infinity` numbers. A key `__proto__` is data. Does not look at kombu's typed values.
 * @throws {SyntaxError} when the text is not JSON, or nested deeper than 1000 levels
 */
export function parseJson(text: string): unknown {
  checkDepth(text);
  if (LONG_INTEGER.test(text)) return new LosslessParser(text).parse();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error;
    return new LosslessParser(text).parse();
  }
}
