import { InvalidOptionError } from '../../errors/index.js';
import { maskUrl, schemeOf } from '../store-url.js';

/** Where a Redis server is, and who asks. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** A socket in the file system, instead of host and port. */
  readonly path: string | undefined;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: boolean;
}

const SHAPE =
  '"redis://[user:password@]host[:6379][/database]" or "redis+socket:///path/to/redis.sock[?virtual_host=0]"';

/**
 * @param url `redis:`, `rediss:` or `redis+socket:`, as Celery writes them
 * @throws {InvalidOptionError} naming the option when it is none of them, or its database is no number
 * @source kombu/transport/redis.py `Channel._connparams`
 */
export function parseRedisUrl(url: string, option: string): RedisAddress {
  const scheme = schemeOf(url);
  let parsed: URL;
  try {
    parsed = new URL(url.replace(/^redis\+socket:/i, 'redis:'));
  } catch {
    throw new InvalidOptionError(option, `a URL such as ${SHAPE}`, maskUrl(url));
  }
  const isSocket = scheme === 'redis+socket';
  const database = isSocket ? (parsed.searchParams.get('virtual_host') ?? '0') : parsed.pathname.slice(1);
  return {
    host: decodeURIComponent(parsed.hostname.replace(/^\[(.*)\]$/, '$1')) || 'localhost',
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    path: isSocket ? decodeURIComponent(parsed.pathname) : undefined,
    database: parseDatabase(database.replace(/^\//, ''), url, option),
    username: decodeURIComponent(parsed.username) || undefined,
    password: decodeURIComponent(parsed.password) || undefined,
    tls: scheme === 'rediss',
  };
}

/** The same server and database under one name, without a password. */
export function describeRedis({ host, port, path, database, tls }: RedisAddress): string {
  if (path !== undefined) return `redis+socket://${path}?virtual_host=${database}`;
  return `${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

function parseDatabase(text: string, url: string, option: string): number {
  if (text === '') return 0;
  if (!/^\d{1,5}$/.test(text)) {
    throw new InvalidOptionError(option, `a URL whose database is a number, as in ${SHAPE}`, maskUrl(url));
  }
  return Number(text);
}
