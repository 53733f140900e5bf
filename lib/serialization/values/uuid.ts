import { DecodeError, describeValue } from '../../errors/index.js';
import type { PythonValue } from './python-value.interface.js';

/** Python's `UUID`. A UUID that is sent as text arrives as text; this class makes it arrive as a `UUID`. */
export class Uuid implements PythonValue {
  /** 32 hexadecimal digits in lower case. */
  readonly hex: string;

  /** @throws {DecodeError} when the text is no UUID, with or without dashes */
  constructor(text: string) {
    const hex = text
      .replace(/^urn:uuid:/i, '')
      .replace(/[-{}]/g, '')
      .toLowerCase();
    if (!/^[\da-f]{32}$/.test(hex)) {
      throw new DecodeError(
        `Expected a UUID such as "6a7a1c2e-0b6f-41ef-8000-000000000001", got ${describeValue(text)}.`,
      );
    }
    this.hex = hex;
  }

  toString(): string {
    const { hex } = this;
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  toJSON(): string {
    return this.toString();
  }

  toPython(): string {
    return `UUID('${this.toString()}')`;
  }
}
