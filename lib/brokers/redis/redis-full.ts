import { redisScript, type RedisLink, type RedisScript } from '../../connections/index.js';
import { RedisCommandError } from '../../errors/index.js';
import { thoughFull } from './lua.generated.js';
import type { RedisKeys } from './redis-keys.js';

type Arguments = readonly (string | number)[];

/** Only the first write of a script is refused by a full server, and this one takes nothing. */
const FREEING_FIRST = "redis.call('HDEL', KEYS[1], '')\n";

/** A script by which workers drain a server, on one that is full as well. Its first key is the hash `unacked`. */
export function draining(script: RedisScript): {
  run(link: RedisLink, keys: readonly string[], args: Arguments, asBytes?: boolean): Promise<unknown>;
} {
  const whenFull = redisScript(script.name, FREEING_FIRST + script.text);
  return {
    run: (link, keys, args, asBytes) =>
      link.run(script, keys, args, asBytes).catch((error: unknown) => {
        if (!isFull(error)) throw error;
        return link.run(whenFull, keys, args, asBytes); // it has done nothing
      }),
  };
}

/** A small command that workers need in order to drain a server, on one that is full as well. */
export async function callThoughFull(
  { link, keys }: { readonly link: RedisLink; readonly keys: RedisKeys },
  what: string,
  command: string,
  names: readonly string[],
  args: Arguments,
): Promise<unknown> {
  try {
    return await link.call(what, command, [...names, ...args]);
  } catch (error) {
    if (!isFull(error)) throw error;
    return link.run(thoughFull, [keys.unacked, ...names], [command, ...args]);
  }
}

function isFull(error: unknown): boolean {
  return (
    error instanceof RedisCommandError && error.cause instanceof Error && /\bOOM command/.test(error.cause.message)
  );
}
