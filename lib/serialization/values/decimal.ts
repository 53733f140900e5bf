import { DecodeError, describeValue } from '../../errors/index.js';
import type { PythonValue } from './python-value.interface.js';

const DECIMAL = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|s?nan\d*)$/i;

/** Python's `Decimal`: keeps its digits as text, and calculates nothing. */
export class Decimal implements PythonValue {
  readonly text: string;

  /** @throws {DecodeError} when the text is no decimal number */
  constructor(value: string | number | bigint) {
    const text = String(value).trim();
    if (!DECIMAL.test(text))
      throw new DecodeError(`Expected a decimal number such as "12.340", got ${describeValue(value)}.`);
    this.text = text;
  }

  /** The nearest number of JavaScript. */
  toNumber(): number {
    const plain = /^([+-]?)(inf|.*nan)/i.exec(this.text);
    if (plain === null) return Number(this.text);
    return plain[2]?.toLowerCase() === 'inf' ? (plain[1] === '-' ? -Infinity : Infinity) : NaN;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }

  toPython(): string {
    return `Decimal('${this.text}')`;
  }
}
