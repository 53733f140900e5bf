import { endOfString, MAX_DEPTH } from './depth.js';

/** Python reads no longer ones either, as the time it takes grows with the square of the length. */
const MAX_DIGITS = 4_300;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
// oxlint-disable-next-line no-control-regex
const NOT_VERBATIM = /[\\\u0000-\u001f]/;

const WORDS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

/** Reads JSON as Python writes it: integers of any size, and the bare words `NaN`, `Infinity` and `-Infinity`. */
export class LosslessParser {
  private at = 0;

  constructor(private readonly text: string) {}

  /** @throws {SyntaxError} with the position */
  parse(): unknown {
    const value = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) this.fail('unexpected text after the value');
    return value;
  }

  private value(depth: number): unknown {
    if (depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    this.skipSpace();
    switch (this.text[this.at]) {
      case '"':
        return this.string();
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      default:
        return this.scalar();
    }
  }

  private object(depth: number): unknown {
    const object: Record<string, unknown> = {};
    if (this.opens('}')) return object;
    do {
      this.skipSpace();
      if (this.text[this.at] !== '"') this.fail('expected a key in double quotes');
      const key = this.string();
      this.expect(':');
      const value = this.value(depth + 1);
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else object[key] = value;
    } while (this.goesOn('}'));
    return object;
  }

  private array(depth: number): unknown {
    const array: unknown[] = [];
    if (this.opens(']')) return array;
    do array.push(this.value(depth + 1));
    while (this.goesOn(']'));
    return array;
  }

  /** Steps over the opening bracket; whether the closing one follows at once. */
  private opens(close: string): boolean {
    this.at += 1;
    this.skipSpace();
    if (this.text[this.at] !== close) return false;
    this.at += 1;
    return true;
  }

  /** Steps over a comma, or over the closing bracket. */
  private goesOn(close: string): boolean {
    this.skipSpace();
    const next = this.text[this.at];
    if (next !== ',' && next !== close) this.fail(`expected "," or "${close}"`);
    this.at += 1;
    return next === ',';
  }

  private string(): string {
    const end = endOfString(this.text, this.at);
    if (end < 0) this.fail('string without an end');
    const inner = this.text.slice(this.at + 1, end);
    const value = NOT_VERBATIM.test(inner) ? (JSON.parse(this.text.slice(this.at, end + 1)) as string) : inner;
    this.at = end + 1;
    return value;
  }

  private scalar(): unknown {
    NUMBER.lastIndex = this.at;
    const [digits, fraction, exponent] = NUMBER.exec(this.text) ?? [];
    if (digits !== undefined) {
      if (digits.length > MAX_DIGITS) this.fail(`number of more than ${MAX_DIGITS} digits`);
      this.at += digits.length;
      const value = Number(digits);
      return fraction === undefined && exponent === undefined && !Number.isSafeInteger(value) ? BigInt(digits) : value;
    }
    const word = WORDS.find(([text]) => this.text.startsWith(text, this.at));
    if (word === undefined) this.fail('expected a value');
    this.at += word[0].length;
    return word[1];
  }

  private expect(character: string): void {
    this.skipSpace();
    if (this.text[this.at] !== character) this.fail(`expected "${character}"`);
    this.at += 1;
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private fail(problem: string): never {
    throw new SyntaxError(`Invalid JSON: ${problem} at position ${this.at}`);
  }
}
