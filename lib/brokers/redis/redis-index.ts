import type { RedisLink } from '../../connections/index.js';
import type { RedisContext } from './redis-context.js';

/** Entries of the index read at once. */
const PAGE = 1_000;

/** The server's own time, in seconds as its scripts write it. */
export async function readTime(link: RedisLink): Promise<string> {
  const [seconds, micros] = (await link.call('tell the time', 'time', [])) as [string, string];
  return `${seconds}.${micros.padStart(6, '0')}`;
}

/** Tags of what is held, by whomever, and not parked. @param until a time of the server's, in seconds */
export async function tagsUntil(
  { link, keys }: Pick<RedisContext, 'link' | 'keys'>,
  until: string,
): Promise<readonly string[]> {
  const tags: string[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const page = (await link.call('look through what is held', 'zrange', [
      keys.index,
      '-inf',
      until,
      'BYSCORE',
      'LIMIT',
      offset,
      PAGE,
    ])) as string[];
    if (page.length > 0) {
      const parked = (await link.call('look for parked messages', 'zmscore', [keys.parked, ...page])) as (
        string | null
      )[];
      page.forEach((tag, index) => {
        if (parked[index] === null) tags.push(tag); // a parked one that is due is not held by anyone
      });
    }
    if (page.length < PAGE) return tags;
  }
}
