import { RedisUnsuitableError } from '../../errors/index.js';
import type { StoreLog } from '../store-log.js';
import type { RedisLink } from './redis-link.js';

export interface ServerCheckOptions {
  /** Whether a server that may drop keys when it is full is accepted. */
  readonly allowEviction: boolean;
}

const OLDEST: readonly [number, number] = [6, 2];
const LISTPACK_ENTRIES = 64;
const LISTPACK_VALUE = 64;

/**
 * Looks whether messages are safe on this server.
 * @throws {RedisUnsuitableError} where they are not
 */
export async function checkServer(link: RedisLink, options: ServerCheckOptions, log: StoreLog): Promise<void> {
  const info = parseInfo(await readText(link, 'info', []));
  const version = info.get('redis_version');
  if (version !== undefined) checkVersion(version, link.store);
  if (info.get('cluster_enabled') === '1') {
    throw new RedisUnsuitableError(
      link.store,
      "it is a Redis Cluster, which kombu's layout cannot live on; use a single server.",
    );
  }
  if (info.get('role') === 'slave' && (await configOf(link, 'replica-read-only')) !== 'no') {
    throw new RedisUnsuitableError(link.store, 'it is a replica, which takes no writes; connect to its primary.');
  }
  const policy = info.get('maxmemory_policy') ?? (await configOf(link, 'maxmemory-policy'));
  checkEviction(policy, options.allowEviction, link.store, log);
  await checkPersistence(link, info, log);
  await checkListpack(link, log);
}

function checkVersion(version: string, store: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new RedisUnsuitableError(
    store,
    `it is Redis ${version}, and ${OLDEST.join('.')} or later is needed for BLMOVE and ZADD GT, without which messages could be lost. Upgrade the server.`,
  );
}

function checkEviction(policy: string | undefined, isAllowed: boolean, store: string, log: StoreLog): void {
  if (policy === 'noeviction') return;
  if (policy === undefined) {
    log.warn(
      `Could not read "maxmemory-policy" of ${store}: make sure that it is "noeviction", or a full server drops messages`,
    );
  } else if (isAllowed) {
    log.warn(
      `${store} has "maxmemory-policy ${policy}": once it is full it may drop messages, all that are held at once`,
    );
  } else {
    throw new RedisUnsuitableError(
      store,
      `its "maxmemory-policy" is "${policy}", so a full server would drop messages. Set "maxmemory-policy noeviction", or accept the loss with "allowEviction: true".`,
    );
  }
}

async function checkPersistence(link: RedisLink, info: ReadonlyMap<string, string>, log: StoreLog): Promise<void> {
  if (info.get('aof_enabled') !== '0') return;
  const save = await configOf(link, 'save');
  if (save === undefined) return;
  const what =
    save === ''
      ? 'keeps nothing on disk: all messages are gone when it restarts'
      : 'writes snapshots only: messages since the last one are gone when it restarts';
  log.warn(`${link.store} ${what}. "appendonly yes" keeps all but the last second's`);
}

/** A small sorted set is a list, searched from one end, where no member is longer than that; what is held has longer ones. */
async function checkListpack(link: RedisLink, log: StoreLog): Promise<void> {
  // By their names of Redis 6.2, which later ones know as well.
  const entries = Number(await configOf(link, 'zset-max-ziplist-entries'));
  const value = Number(await configOf(link, 'zset-max-ziplist-value'));
  if (entries > LISTPACK_ENTRIES && value > LISTPACK_VALUE) {
    log.warn(
      `${link.store} has "zset-max-listpack-entries ${entries}" and "zset-max-listpack-value ${value}" (6.2: "ziplist"): with 40 to ${entries} messages in flight taking them costs it twice as much as with "zset-max-listpack-value ${LISTPACK_VALUE}", the default`,
    );
  }
}

/** `undefined` where the server does not tell, as hosted ones often do not. */
async function configOf(link: RedisLink, name: string): Promise<string | undefined> {
  try {
    const reply = await link.call('read its settings', 'config', ['get', name]);
    return Array.isArray(reply) && typeof reply[1] === 'string' ? reply[1] : undefined;
  } catch {
    return undefined;
  }
}

async function readText(link: RedisLink, command: string, args: readonly string[]): Promise<string> {
  try {
    return String(await link.call('tell about itself', command, args));
  } catch {
    return '';
  }
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}
