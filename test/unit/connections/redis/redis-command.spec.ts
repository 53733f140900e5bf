import { Command } from 'ioredis';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { swiftCommand } from '../../../../lib/connections/redis/redis-command.js';

const SwiftCommand = swiftCommand(Command);
const socket = {};
const bytesOf = (request: string | Buffer) => (typeof request === 'string' ? Buffer.from(request, 'utf8') : request);
const byUs = (name: string, args: (string | number | Buffer)[]) =>
  bytesOf(new SwiftCommand(name, args).toWritable(socket));
const byDriver = (name: string, args: (string | number | Buffer)[]) =>
  bytesOf(new Command(name, args).toWritable(socket));

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 200 });
const texts = fc.oneof(
  ascii,
  ascii.map((text) => text.repeat(500)),
  fc.string({ unit: 'binary' }),
);
const argument = fc.oneof(
  texts,
  fc.integer(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

describe('swiftCommand', () => {
  it('writes what the driver writes, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(texts, fc.integer())), (args) => {
        expect(byUs('evalsha', args).equals(byDriver('evalsha', args))).toBe(true);
      }),
    );
  });

  it('does so with bytes among the arguments', () => {
    fc.assert(
      fc.property(fc.array(argument), (args) => {
        expect(byUs('evalsha', args).equals(byDriver('evalsha', args))).toBe(true);
      }),
    );
  });

  it('has a part write itself in its place', () => {
    const part = (bytes: Uint8Array) => ({
      length: bytes.length,
      writeTo: (request: Buffer, at: number) => request.set(bytes, at),
    });
    fc.assert(
      fc.property(fc.array(texts), fc.uint8Array(), texts, (before, bytes, after) => {
        const written = new SwiftCommand('publish', [...before, part(bytes), after]).toWritable(socket);

        expect(bytesOf(written).equals(byDriver('publish', [...before, Buffer.from(bytes), after]))).toBe(true);
      }),
    );
  });

  it.each([
    ['one character that is not ASCII, at the end', ['a', 'é']],
    ['one in a long text', [`${'a'.repeat(100_000)}é`, 'b']],
    ['one beyond the basic plane, alone', ['😀']],
    ['half a pair', ['\ud83d']],
    ['nothing', []],
    ['empty texts', ['', '']],
  ])('writes %s', (_, args) => {
    expect(byUs('lpush', args).equals(byDriver('lpush', args))).toBe(true);
  });

  it('forgets what it has written, but for channels, which are counted', () => {
    const [script, channels] = [new SwiftCommand('evalsha', ['a', 'b']), new SwiftCommand('subscribe', ['a', 'b'])];
    script.toWritable(socket);
    channels.toWritable(socket);

    expect(script.args).toEqual([]);
    expect(channels.args).toEqual(['a', 'b']);
  });
});
