import { createHash } from 'node:crypto';

/** A Lua script, known to the server by the hash of its text. */
export interface RedisScript {
  readonly name: string;
  readonly text: string;
  readonly sha: string;
}

export function redisScript(name: string, text: string): RedisScript {
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}

/** What a script does, for errors. */
export function wordsOf({ name }: RedisScript): string {
  return name.replaceAll('-', ' ');
}
