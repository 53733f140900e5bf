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
  // From score to score: where others take out what was read already, counting entries would pass over some of the rest.
  const tags = new Set<string>();
  for (let from = '-inf', size = PAGE; ;) {
    const range = [keys.index, from, until, 'BYSCORE', 'LIMIT', 0, size, 'WITHSCORES'];
    const page = (await link.call('look through what is held', 'zrange', range)) as string[];
    const found = page.filter((_, index) => index % 2 === 0);
    const parked =
      found.length === 0
        ? []
        : ((await link.call('look for parked messages', 'zmscore', [keys.parked, ...found])) as (string | null)[]);
    found.forEach((tag, index) => {
      if (parked[index] === null) tags.add(tag); // a parked one that is due is not held by anyone
    });
    if (found.length < size) return [...tags];
    const last = page.at(-1) as string;
    size = last === from ? size * 2 : PAGE; // as many as that of one score
    from = last;
  }
}
