/** Kombu's separator between a queue and its priority step, and within a binding. @source kombu/transport/redis.py `Channel.sep` */
export const SEPARATOR = '\u0006\u0016';

/** Names of all keys of one prefix. Those that begin with `ntq:` are ours: kombu never names, scans or deletes them. */
export class RedisKeys {
  readonly unacked: string;
  readonly index: string;
  readonly mutex: string;
  readonly workers: string;
  readonly fenced: string;
  readonly parked: string;
  readonly suspects: string;
  readonly revoked: string;
  readonly revokedRunning: string;
  readonly paused: string;
  readonly steps: string;
  /** When tables of bindings may be swept away. @source kombu/transport/redis.py `keyprefix_binding_deadlines`, since 5.7 */
  readonly bindingDeadlines: string;

  /** @param prefix kombu's `global_keyprefix` */
  constructor(readonly prefix: string) {
    this.unacked = `${prefix}unacked`;
    this.index = `${prefix}unacked_index`;
    this.mutex = `${prefix}unacked_mutex`;
    this.workers = `${prefix}ntq:workers`;
    this.fenced = `${prefix}ntq:fenced`;
    this.parked = `${prefix}ntq:parked`;
    this.suspects = `${prefix}ntq:suspects`;
    this.revoked = `${prefix}ntq:revoked`;
    this.revokedRunning = `${prefix}ntq:revoked:running`;
    this.paused = `${prefix}ntq:paused`;
    this.steps = `${prefix}ntq:steps`;
    this.bindingDeadlines = `${prefix}_kombu.binding_deadlines`;
  }

  /** What waits of a queue in one priority step. @source kombu/transport/redis.py `_q_for_pri` */
  list(queue: string, step: number): string {
    return step === 0 ? `${this.prefix}${queue}` : `${this.prefix}${queue}${SEPARATOR}${step}`;
  }

  /** Where a worker that waits for a list has the server put what comes; all workers look there first. */
  head(list: string): string {
    return `${this.prefix}ntq:head:${list.slice(this.prefix.length)}`;
  }

  worker(owner: string): string {
    return `${this.prefix}ntq:worker:${owner}`;
  }

  sender(id: string): string {
    return `${this.prefix}ntq:sender:${id}`;
  }

  /** A bucket of tokens; those who wait for one are beside it. */
  rate(bucket: string): string {
    return `${this.prefix}ntq:rate:${bucket}`;
  }

  losses(taskId: string, retries: number): string {
    return `${this.prefix}ntq:losses:${taskId}:${retries}`;
  }

  tick(entry: string, dueMs: number): string {
    return `${this.prefix}ntq:tick:${entry}:${Math.round(dueMs)}`;
  }

  dead(queue: string): string {
    return `${this.prefix}${queue}.dead`;
  }

  binding(exchange: string): string {
    return `${this.prefix}_kombu.binding.${exchange}`;
  }

  /** Bindings of queues that do not expire; kombu sweeps away a table of bindings without any. @source kombu/transport/redis.py since 5.7 */
  permanentBinding(exchange: string): string {
    return `${this.prefix}_kombu.binding_permanent.${exchange}`;
  }
}
