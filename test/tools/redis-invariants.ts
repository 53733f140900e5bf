import type { Redis } from 'ioredis';

export interface RedisCheckOptions {
  /** Reads in one step, whatever others are doing; on the database that is looked at, without a key prefix of its own. */
  readonly client: Redis;
  /** @defaultValue '' */
  readonly keyPrefix?: string;
  readonly queues: readonly string[];
  /** @defaultValue [0, 3, 6, 9] */
  readonly prioritySteps?: readonly number[];
  /** Ids of messages whose publishing was confirmed: each is in the store once, or has been settled. */
  readonly confirmed?: Iterable<string>;
  /** Of them those that were settled for good; those whose result says so count as well. */
  readonly settled?: ReadonlySet<string>;
  /** Workers may have just gone, whose messages the next sweep will find. @defaultValue false */
  readonly allowsOrphans?: boolean;
  /** The last worker has left in order. @defaultValue false */
  readonly isAbandoned?: boolean;
}

/** What was found at one instant. */
export interface RedisCheck {
  /** Sentences; none where every invariant holds. */
  readonly problems: readonly string[];
  /** Ids of the messages in each state, one for each copy. Those that waiters were given count as waiting. */
  readonly ids: Readonly<Record<'waiting' | 'held' | 'parked' | 'dead', readonly string[]>>;
  /** Tags whose owners nobody knows. */
  readonly orphans: readonly string[];
  readonly owners: readonly string[];
}

/** Of a message: its task's id, or the first of its text where it is no envelope. */
const SNAPSHOT = `
local prefix = ARGV[1]
local function id(text)
  return string.match(text, '"id": ?"([^"]*)"') or ('? ' .. string.sub(text, 1, 60))
end
local function typed(key, kind, read)
  local found = redis.call('TYPE', key).ok
  if found == 'none' then return { 'ok', {} } end
  if found ~= kind then return { found, {} } end
  return { 'ok', read(key) }
end
local function members(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
local function listed(key)
  local texts = redis.call('LRANGE', key, 0, -1)
  for i, text in ipairs(texts) do texts[i] = id(text) end
  return texts
end
local function recorded(key)
  local all = redis.call('HGETALL', key)
  for i = 2, #all, 2 do all[i] = id(all[i]) end
  return all
end
local lists = {}
for a = 4, 3 + tonumber(ARGV[3]) do lists[#lists + 1] = typed(ARGV[a], 'list', listed) end
local ours = {}
for _, key in ipairs(redis.call('KEYS', ARGV[2])) do
  ours[#ours + 1] = string.sub(key, #prefix + 1)
  ours[#ours + 1] = redis.call('TTL', key)
  ours[#ours + 1] = string.find(key, 'ntq:chord:', 1, true) and redis.call('GET', key) or ''
end
local ended = {}
for a = 4 + tonumber(ARGV[3]), #ARGV do
  local meta = redis.pcall('GET', prefix .. 'celery-task-meta-' .. ARGV[a])
  ended[#ended + 1] = type(meta) == 'string' and string.match(meta, '"status": ?"(%u+)"') or ''
end
return {
  typed(prefix .. 'unacked', 'hash', recorded), typed(prefix .. 'unacked_index', 'zset', members),
  typed(prefix .. 'ntq:parked', 'zset', members), typed(prefix .. 'ntq:workers', 'zset', members),
  typed(prefix .. 'ntq:fenced', 'zset', members), typed(prefix .. 'ntq:suspects', 'hash', function(key) return redis.call('HKEYS', key) end),
  lists, ours, ended,
}`;

/** Of a message that a worker of ours holds, with its owner. */
const OWN_TAG = /^ntq:([^:]+):\d+:\d+$/;
const READY = new Set(['SUCCESS', 'FAILURE', 'REVOKED']);
/** What may stay when all workers have left; the second kind only for a time, as what was known of a worker that was killed. */
const STAYS = /^ntq:(parked|revoked|paused|steps)$/;
const EXPIRES = /^ntq:(?:(?:losses|chord|tick|sender|worker):|(?:workers|fenced)$)/;

type Part = readonly [type: string, values: readonly string[]];
type Snapshot = readonly [
  unacked: Part,
  index: Part,
  parked: Part,
  workers: Part,
  fenced: Part,
  suspects: Part,
  lists: readonly Part[],
  ours: readonly (string | number)[],
  ended: readonly string[],
];

/** Looks at queues in Redis as they are at one instant, without changing anything; others may be at work in them. */
export async function checkRedis(options: RedisCheckOptions): Promise<RedisCheck> {
  const { client, keyPrefix = '', queues, prioritySteps = [0, 3, 6, 9], confirmed = [] } = options;
  const ids = [...confirmed];
  const waiting = queues.flatMap((queue) =>
    prioritySteps.flatMap((step) => {
      const list = step === 0 ? queue : `${queue}\u0006\u0016${step}`;
      return [list, `ntq:head:${list}`];
    }),
  );
  const lists = [...waiting, ...queues.map((queue) => `${queue}.dead`)];
  const ours = `${keyPrefix.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)}ntq:*`;
  const named = lists.map((list) => keyPrefix + list);
  const snapshot = (await client.eval(SNAPSHOT, 0, keyPrefix, ours, named.length, ...named, ...ids)) as Snapshot;
  return judge(snapshot, options, lists, waiting.length, ids);
}

function judge(
  [unacked, index, parked, workers, fenced, suspects, lists, ours, ended]: Snapshot,
  options: RedisCheckOptions,
  listNames: readonly string[],
  waitingLists: number,
  confirmed: readonly string[],
): RedisCheck {
  const problems: string[] = [];
  const fixed = { unacked, unacked_index: index, 'ntq:parked': parked, 'ntq:workers': workers, 'ntq:fenced': fenced };
  for (const [name, [type]] of [...Object.entries(fixed), ...lists.map((part, at) => [listNames[at], part] as const)]) {
    if (type !== 'ok') problems.push(`Key "${name}" is a ${type}.`);
  }
  const [held, times, due] = [pairs(unacked[1]), pairs(index[1]), pairs(parked[1])];
  const [owners, cutOff] = [pairs(workers[1]), pairs(fenced[1])];
  for (const tag of held.keys()) if (!times.has(tag)) problems.push(`Tag "${tag}" is in unacked and not in its index.`);
  for (const tag of times.keys()) if (!held.has(tag)) problems.push(`Tag "${tag}" is in the index of unacked alone.`);
  for (const [tag, time] of due) {
    if (!times.has(tag)) problems.push(`Tag "${tag}" is parked and not in the index.`);
    else if (times.get(tag) !== time)
      problems.push(`Tag "${tag}" is due at ${time}, and at ${times.get(tag)} by the index.`);
  }
  for (const tag of suspects[1]) if (!held.has(tag)) problems.push(`Tag "${tag}" is a suspect and not held.`);

  const orphans: string[] = [];
  for (const tag of held.keys()) {
    const owner = OWN_TAG.exec(tag)?.[1];
    if (owner === undefined || due.has(tag) || owners.has(owner)) continue;
    const since = cutOff.get(owner);
    if (since === undefined) orphans.push(tag);
    else if (Number(times.get(tag)) > Number(since))
      problems.push(`Tag "${tag}" was touched after its owner was cut off.`);
  }
  if (options.allowsOrphans !== true) problems.push(...orphans.map((tag) => `Tag "${tag}" has an owner nobody knows.`));
  if (options.isAbandoned === true) problems.push(...leftovers(ours));

  const ids = {
    waiting: lists.slice(0, waitingLists).flatMap(([, found]) => found),
    held: [...held].flatMap(([tag, id]) => (due.has(tag) ? [] : [id])),
    parked: [...held].flatMap(([tag, id]) => (due.has(tag) ? [id] : [])),
    dead: lists.slice(waitingLists).flatMap(([, found]) => found),
  };
  const open = claimants(ours);
  // A child of a Python worker stores the result, its parent acknowledges the message, in whatever order.
  for (const [tag, id] of held) if (!OWN_TAG.test(tag)) open.add(id);
  const isReady = confirmed.map((id, at) => READY.has(ended[at] ?? '') && !open.has(id));
  problems.push(...checkConfirmed(ids, confirmed, isReady, options.settled ?? new Set()));
  return { problems, ids, orphans, owners: [...owners.keys()] };
}

/** Tasks whose results are written and whose messages stay, until what follows from their chords is sent. */
function claimants(ours: readonly (string | number)[]): Set<string> {
  const found = new Set<string>();
  for (let at = 2; at < ours.length; at += 3) {
    const claim = String(ours[at]);
    if (/^[+-]/.test(claim)) found.add(claim.slice(1));
  }
  return found;
}

function leftovers(ours: readonly (string | number)[]): string[] {
  const problems: string[] = [];
  for (let at = 0; at < ours.length; at += 3) {
    const [key, ttl] = [String(ours[at]), Number(ours[at + 1])];
    if (STAYS.test(key) || (EXPIRES.test(key) && ttl >= 0)) continue;
    problems.push(`Key "${key}" is left, ${ttl < 0 ? 'for ever' : `for ${ttl} s`}, though no worker is.`);
  }
  return problems;
}

function checkConfirmed(
  ids: RedisCheck['ids'],
  confirmed: readonly string[],
  isReady: readonly boolean[],
  settled: ReadonlySet<string>,
): string[] {
  const places = new Map<string, string[]>();
  for (const [state, found] of Object.entries(ids)) {
    for (const id of found) {
      const known = places.get(id);
      if (known === undefined) places.set(id, [state]);
      else known.push(state);
    }
  }
  const problems: string[] = [];
  confirmed.forEach((id, at) => {
    const found = places.get(id) ?? [];
    const alive = found.filter((state) => state !== 'dead');
    const hasEnded = settled.has(id) || isReady[at] === true;
    if (found.length > 1) problems.push(`Message "${id}" is in the store ${found.length} times: ${found.join(', ')}.`);
    else if (found.length === 0 && !hasEnded)
      problems.push(`Message "${id}" is lost: neither in the store nor settled.`);
    else if (alive.length > 0 && hasEnded)
      problems.push(`Message "${id}" is ${alive.join(', ')}, though it was settled.`);
  });
  return problems;
}

function pairs(flat: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) found.set(flat[at] ?? '', flat[at + 1] ?? '');
  return found;
}
