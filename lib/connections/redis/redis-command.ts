import type { Command } from 'ioredis';

type CommandClass = typeof Command;

/** Makes commands; in place of the driver's own class. */
export type SwiftCommandClass = new (
  name: string,
  args: readonly (string | number | Buffer)[],
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
    constructor(
      name: string,
      args: readonly (string | number | Buffer)[],
      options: { readonly replyEncoding?: 'utf8' | null } = {},
    ) {
      const texts = textsOf(args);
      super(name, texts === undefined ? (args as (string | Buffer)[]) : [], options);
      if (texts !== undefined) this.args = texts;
    }

    override toWritable(socket: object): string | Buffer {
      const request = encodeAscii(this.name, this.args) ?? super.toWritable(socket);
      if (!this.name.endsWith('subscribe')) this.args = []; // of these the driver counts the replies
      return request;
    }
  };
}

/** `undefined` where there are bytes among them. */
function textsOf(args: readonly (string | number | Buffer)[]): string[] | undefined {
  const texts: string[] = [];
  for (const arg of args) {
    if (typeof arg === 'string') texts.push(arg);
    else if (typeof arg === 'number') texts.push(String(arg));
    else return undefined;
  }
  return texts;
}

/** A request as the server reads it; `undefined` for one that is not all ASCII text. */
function encodeAscii(name: string, args: readonly unknown[]): Buffer | undefined {
  let size = 32 + name.length;
  for (const arg of args) {
    if (typeof arg !== 'string') return undefined;
    size += arg.length + 16; // its length and the line ends
  }
  const bytes = Buffer.allocUnsafe(size + WIDEST);
  let [text, at] = [`*${args.length + 1}\r\n$${name.length}\r\n${name}\r\n`, 0];
  for (const arg of args as readonly string[]) {
    text += `$${arg.length}\r\n${arg}\r\n`;
    if (text.length < PIECE) continue;
    if (bytes.write(text, at, 'utf8') !== text.length) return undefined;
    [text, at] = ['', at + text.length];
  }
  if (bytes.write(text, at, 'utf8') !== text.length) return undefined;
  return bytes.subarray(0, at + text.length);
}
