const FIRST_SIZE = 16 * 1_024;
/** Most bytes of one UTF-16 unit. */
const WIDEST = 3;
/** What JSON writes as it is: printable ASCII but the quote and the backslash. */
const VERBATIM = /^[ !#-[\]-~]*$/;
const MOST_SMALL = 2 ** 31 - 1;
const NANO = 1_000_000_000;
const ZERO = 48;
const DOT = 46;

/**
 * Puts JSON together as bytes, piece by piece, for what is written tens of thousands of times a second: text that is put together from small pieces has to be
 * copied into one before it can be sent, and what it is made of keeps the garbage collector busy.
 */
export class JsonWriter {
  private bytes = Buffer.alloc(0);
  private used = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  /** Bytes as they are, of a piece that was prepared once. @param count how many of them count @defaultValue all */
  piece(piece: Uint8Array, count = piece.length): void {
    this.reserve(piece.length);
    this.bytes.set(piece, this.used);
    this.used += count;
  }

  byte(code: number): void {
    this.reserve(1);
    this.bytes[this.used++] = code;
  }

  /** Text as it is, which is JSON already. */
  text(text: string): void {
    this.reserve(text.length * WIDEST);
    this.used += this.bytes.write(text, this.used);
  }

  /** What a string holds, to stand between quotes that were written with the pieces around it. */
  content(text: string): void {
    this.text(VERBATIM.test(text) ? text : JSON.stringify(text).slice(1, -1));
  }

  /** What was written from there to there, once more. */
  again(from: number, to: number): void {
    this.reserve(to - from);
    this.bytes.copyWithin(this.used, from, to);
    this.used += to - from;
  }

  /** A whole number, 0 or more. */
  count(count: number): void {
    if (count > MOST_SMALL) return this.text(String(count));
    this.reserve(10);
    this.used = writeDigits(this.bytes, this.used, count, digitsOf(count));
  }

  /** Milliseconds as seconds, to the nanosecond. */
  seconds(ms: number): void {
    const nanos = Math.round(ms * 1_000_000);
    if (!(nanos >= 0 && nanos < MOST_SMALL)) return this.text(String(ms / 1_000));
    this.reserve(12);
    const whole = Math.floor(nanos / NANO);
    const at = writeDigits(this.bytes, this.used, whole, 1);
    this.bytes[at] = DOT;
    this.used = writeDigits(this.bytes, at + 1, nanos - whole * NANO, 9);
  }

  /** All that was written; begins anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.bytes, 0, this.used);
    this.used = 0;
    return taken;
  }

  private reserve(more: number): void {
    const needed = this.used + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_SIZE, needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.used));
    this.bytes = larger;
  }
}

/** @returns where it ends */
function writeDigits(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const tenth = (rest / 10) | 0;
    bytes[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits += 1;
  return digits;
}
