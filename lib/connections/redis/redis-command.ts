import type { Command } from 'ioredis';

type CommandClass = typeof Command;

/** What writes itself into the request in its place, so that it need not be one text before. */
export interface RequestPart {
  /** How much it is. @unit bytes */
  readonly length: number;
  writeTo(request: Buffer, at: number): void;
}

export type Argument = string | number | Buffer | RequestPart;

/** Makes commands; in place of the driver's own class. */
export type SwiftCommandClass = new (
  name: string,
  args: readonly Argument[],
  options?: { readonly replyEncoding: 'utf8' | null },
) => Command;

/** Text is encoded in pieces of about this size, so that none is copied as a whole before. */
const PIECE = 32 * 1024;
/** Most bytes of one character. */
const WIDEST = 4;

/**
 * The driver's commands, for those that are sent once, but for how they are written. The driver measures each argument and then encodes the whole of
 * them again; nearly all requests are ASCII, whose length in bytes is known from the start. And it keeps the arguments until the reply has come, and longer:
 * the garbage collector moved a fifth of all that a sender allocates to where it seldom looks.
 */
export function swiftCommand(base: CommandClass): SwiftCommandClass {
  return class SwiftCommand extends base {
    /** The driver would flatten the arguments, one by one, and look at each for what to make text of. */
    constructor(name: string, args: readonly Argument[], options: { readonly replyEncoding?: 'utf8' | null } = {}) {
      const texts = textsOf(args);
      super(name, texts === undefined ? (args as (string | Buffer)[]) : [], options);
      if (texts !== undefined) this.args = texts as string[];
    }

    override toWritable(socket: object): string | Buffer {
      const request = encode(this.name, this.args) ?? this.encodeByDriver(socket);
      if (!this.name.endsWith('subscribe')) this.args = []; // of these the driver counts the replies
      return request;
    }

    private encodeByDriver(socket: object): string | Buffer {
      const args: readonly unknown[] = this.args;
      if (!args.some(isPart)) return super.toWritable(socket);
      const plain = args.map((arg) => (isPart(arg) ? bytesOf(arg) : arg)) as (string | Buffer)[];
      return new base(this.name, plain).toWritable(socket);
    }
  };
}

/** `undefined` where there are bytes among them. */
function textsOf(args: readonly Argument[]): (string | RequestPart)[] | undefined {
  const texts: (string | RequestPart)[] = [];
  for (const arg of args) {
    if (typeof arg === 'string') texts.push(arg);
    else if (typeof arg === 'number') texts.push(String(arg));
    else if (arg instanceof Uint8Array) return undefined;
    else texts.push(arg);
  }
  return texts;
}

/** A request as the server reads it; `undefined` for one with text that is not ASCII, or with bytes. */
function encode(name: string, args: readonly unknown[]): Buffer | undefined {
  let size = 32 + name.length;
  for (const arg of args) {
    if (typeof arg !== 'string' && !isPart(arg)) return undefined;
    size += arg.length + 16; // its length and the line ends
  }
  const bytes = Buffer.allocUnsafe(size + WIDEST);
  let [text, at] = [`*${args.length + 1}\r\n$${name.length}\r\n${name}\r\n`, 0];
  for (const arg of args as readonly (string | RequestPart)[]) {
    const isText = typeof arg === 'string';
    text += isText ? `$${arg.length}\r\n${arg}\r\n` : `$${arg.length}\r\n`;
    if (isText && text.length < PIECE) continue;
    if (bytes.write(text, at, 'utf8') !== text.length) return undefined;
    [text, at] = ['', at + text.length];
    if (isText) continue;
    arg.writeTo(bytes, at);
    [text, at] = ['\r\n', at + arg.length];
  }
  if (bytes.write(text, at, 'utf8') !== text.length) return undefined;
  return bytes.subarray(0, at + text.length);
}

function bytesOf(part: RequestPart): Buffer {
  const bytes = Buffer.allocUnsafe(part.length);
  part.writeTo(bytes, 0);
  return bytes;
}

function isPart(arg: unknown): arg is RequestPart {
  return typeof arg === 'object' && arg !== null && 'writeTo' in arg;
}
