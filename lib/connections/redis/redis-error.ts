import { RedisCommandError } from '../../errors/index.js';

/** What to do about the first word of a server's error. */
const ADVICE: readonly (readonly [prefix: RegExp, advice: string])[] = [
  [
    /^OOM/,
    'the server is full ("maxmemory"): give it more memory, or let workers drain it. Results and acknowledgements still pass, and nothing that was confirmed is lost',
  ],
  [/^READONLY/, 'this is a replica, which takes no writes: connect to the primary'],
  [
    /^WRONGTYPE/,
    'a key that belongs to the queue holds something else: rename or delete that key, or choose another database or "keyPrefix"',
  ],
  [
    /^NOPERM|user executing the script|ACL failure in script/,
    'its user lacks a right: allow the commands and the keys that README lists under "Redis users"',
  ],
  [/^MISCONF/, 'it cannot write its snapshots and stopped taking writes: look into its log, and at its disk'],
  [/^LOADING/, 'it is still loading its data: it will answer soon'],
  [/^(NOREPLICAS|NOGOODSLAVE)/, 'too few of its replicas are connected: see "min-replicas-to-write"'],
  [
    /^CLUSTERDOWN|^MOVED|^CROSSSLOT/,
    "this is a Redis Cluster, which kombu's layout cannot live on: use a single server",
  ],
];

/** Whether a server said this, as opposed to a connection that broke. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** A server's refusal with the fix for it. Other errors pass as they are. */
export function toRedisError(error: unknown, store: string, what: string): unknown {
  if (!isReplyError(error)) return error;
  return new RedisCommandError(store, what, explain(error.message), { cause: error });
}

/** A server's words, with what to do. */
export function explain(message: string): string {
  // Redis 6 puts its own words before those of a script, Redis 7 behind them.
  const told = message.replace(/^ERR Error (?:running|compiling) script .*?(?:@user_script: ?\d+: -?)+/s, '');
  const advice = ADVICE.find(([prefix]) => prefix.test(told))?.[1];
  const words = told.replace(/ (script: [0-9a-f]{40}|@user_script).*$/s, '');
  return advice === undefined ? `${words}.` : `${words} — ${advice}.`;
}

/** Why a server refuses a connection, from its words. */
export function refusalReason(message: string): string {
  if (/WRONGPASS|invalid.*password|ERR AUTH/i.test(message))
    return `wrong user or password (${message}). Check the URL.`;
  if (/NOAUTH/.test(message))
    return 'it asks for a password, and the URL has none: write "redis://:password@host:6379/0".';
  if (/DB index/i.test(message))
    return `it has no such database (${message}); it has 16 unless its "databases" setting says otherwise. Check the end of the URL.`;
  return explain(message);
}

/** The end of a sentence on a connection that is not there. */
export function describeFailure(error: Error | undefined): string {
  if (error === undefined) return 'the connection was closed.';
  const text = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return `${text.replace(/[.\s]*$/, '')}.`;
}

/** The driver gave it no connection, since the present one has ended, which is told a moment later. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}
