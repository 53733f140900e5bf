import type { RedisLink } from '../../connections/index.js';
import { RedisCommandError } from '../../errors/index.js';

/** What one list gets. */
export interface Share {
  readonly key: string;
  readonly step: number;
  readonly texts: string[];
}

/** `undone`: perhaps, the number says so. `refused`: nothing was sent, and the number is used up. */
export type Outcome = 'done' | 'undone' | 'refused';

const WHAT = 'publish';

/**
 * A lane of numbers whose batches go by plain commands in a transaction: a text that passes through a script is copied and hashed there, character by
 * character, at more than the price of putting it into its list.
 *
 * The server carries a transaction out only if nobody has written the lane's number since the connection began to watch it, which is known before a
 * batch is sent. So of a batch and its repetition, which the script sends over another connection under the same number, one is carried out: the script
 * finds the number written, or its writing undoes the transaction, however late that arrives.
 */
export class WatchedLane {
  next = 1;
  /** Number of the connection that watches. */
  private watching: number | undefined;
  private isBusy = false;
  private isForbidden = false;

  constructor(
    readonly key: string,
    private readonly link: RedisLink,
  ) {}

  /** Whether a batch may go; one at a time does, until `release`. */
  acquire(): boolean {
    if (this.isBusy || !this.isWatching) return false;
    this.isBusy = true;
    return true;
  }

  release(): void {
    this.isBusy = false;
  }

  /** Begins to watch, where that is allowed. Never rejects. */
  async prepare(): Promise<void> {
    const { link } = this;
    if (this.isBusy || this.isWatching || this.isForbidden || link.status !== 'ready') return;
    this.isBusy = true;
    const { connection } = link;
    const [multi, exec, watch] = await this.send([['multi'], ['exec'], ['watch', this.key]]);
    this.isBusy = false;
    if (multi?.status === 'fulfilled' && exec?.status === 'fulfilled' && watch?.status === 'fulfilled') {
      this.watching = connection;
      return;
    }
    this.isForbidden = [multi, exec, watch].some(isForbidden);
    if (multi?.status === 'fulfilled' && isRefused(exec)) link.reset(); // or all that follows would wait for the end of it
  }

  /** @throws {ConnectionLostError} when the connection broke before the reply: the number says whether it was carried out */
  async deliver({ key, texts }: Share, number: number, rememberS: number): Promise<Outcome> {
    const { connection } = this.link;
    this.watching = undefined;
    const replies = await this.send([
      ['multi'],
      ['lpush', key, ...texts],
      ['set', this.key, String(number), 'ex', String(rememberS)],
      ['exec'],
      ['watch', this.key],
    ]);
    const [exec, watch] = replies.slice(-2);
    if (exec?.status === 'fulfilled') {
      const outcome = outcomeOf(exec.value);
      // Otherwise the script comes next, and what it writes would undo the next transaction.
      if (outcome === 'done' && watch?.status === 'fulfilled') this.watching = connection;
      return outcome;
    }
    if (!(exec?.reason instanceof RedisCommandError)) throw exec?.reason;
    if (!exec.reason.message.includes('EXECABORT')) {
      this.isForbidden = true; // it may no longer do what it could when it began
      this.link.reset();
    }
    return 'undone';
  }

  private get isWatching(): boolean {
    const { link, watching } = this;
    return watching !== undefined && watching === link.connection && link.status === 'ready';
  }

  private send(commands: readonly (readonly string[])[]): Promise<PromiseSettledResult<unknown>[]> {
    const { link } = this;
    return Promise.allSettled(link.together(() => commands.map(([name = '', ...args]) => link.call(WHAT, name, args))));
  }
}

/** @param replies of the commands of a transaction; `null` where somebody has written the number */
function outcomeOf(replies: unknown): Outcome {
  if (!Array.isArray(replies)) return 'undone';
  return replies.some((reply) => reply instanceof Error) ? 'refused' : 'done';
}

function isRefused(reply: PromiseSettledResult<unknown> | undefined): boolean {
  return reply?.status === 'rejected' && reply.reason instanceof RedisCommandError;
}

/** Whether this user, or this server, will never carry it out. */
function isForbidden(reply: PromiseSettledResult<unknown> | undefined): boolean {
  return isRefused(reply) && /NOPERM|unknown command/.test(String((reply as PromiseRejectedResult).reason));
}
