import type { RedisLink } from '../../connections/index.js';
import { RedisCommandError } from '../../errors/index.js';

/** What one list gets. */
export interface Share {
  readonly key: string;
  readonly step: number;
  readonly texts: string[];
}

/** A connection of ours as the server knows it. */
export interface Peer {
  readonly connection: number;
  readonly id: string;
  readonly address: string;
}

/** `undone`: perhaps, the number says so. `refused`: nothing was sent, and the number is used up. */
export type Outcome = 'done' | 'undone' | 'refused';

const WHAT = 'publish';
/** No connection has it. */
const NOBODY = '9223372036854775807';

/**
 * Sends batches by plain commands in a transaction: a text that passes through a script is copied and hashed there, character by character, at more than
 * the price of putting it into its list.
 *
 * A transaction writes the number of its batch, as the script does, which refuses a number that was written. So a batch whose reply was lost can be sent
 * again by the script, once what was sent before cannot arrive later: for that the server is told to end the old connection, by the number and address
 * that it gave itself before any batch went there. Batches in flight at the same time need not wait for one another.
 */
export class PlainBatches {
  private known: Peer | undefined;
  /** Number of the connection over which the server was asked last. */
  private asked: number | undefined;
  private isForbidden = false;

  constructor(private readonly link: RedisLink) {}

  /** The connection that batches may go over now. */
  get peer(): Peer | undefined {
    const { known, link } = this;
    return known?.connection === link.connection && link.status === 'ready' ? known : undefined;
  }

  /** Finds out whether batches may go over the present connection. Never rejects. */
  async prepare(): Promise<void> {
    const { link } = this;
    const { connection } = link;
    if (this.isForbidden || this.asked === connection || link.status !== 'ready') return;
    this.asked = connection;
    const [multi, exec, info, kill] = await this.send([
      ['multi'],
      ['exec'],
      ['client', 'info'],
      ['client', 'kill', 'id', NOBODY],
    ]);
    if ([multi, exec, info, kill].every((reply) => reply?.status === 'fulfilled')) {
      const [, id, address] =
        / ?id=(\d+) addr=(\S+)/.exec(String((info as PromiseFulfilledResult<unknown>).value)) ?? [];
      if (id !== undefined && address !== undefined) this.known = { connection, id, address };
      return;
    }
    this.isForbidden = [multi, exec, info, kill].some(isForbidden);
    if (multi?.status === 'fulfilled' && isRefused(exec)) link.reset(); // or all that follows would wait for the end of it
  }

  /** @throws {ConnectionLostError} when the connection broke before the reply: the number says whether it was carried out, after `end` */
  async deliver({ key, texts }: Share, lane: string, number: number, rememberS: number): Promise<Outcome> {
    const replies = await this.send([
      ['multi'],
      ['lpush', key, ...texts],
      ['set', lane, String(number), 'ex', String(rememberS)],
      ['exec'],
    ]);
    const exec = replies.at(-1);
    if (exec?.status === 'fulfilled') return outcomeOf(exec.value);
    if (!(exec?.reason instanceof RedisCommandError)) throw exec?.reason;
    if (!exec.reason.message.includes('EXECABORT')) {
      this.isForbidden = true; // it may no longer do what it could when it began
      this.known = undefined;
      this.link.reset();
    }
    return 'undone';
  }

  /**
   * Resolves when the server carries out nothing more that came over that connection, however late it arrives.
   * @throws {ConnectionLostError} when the present connection broke before the reply
   * @throws {RedisCommandError} when the user may not end connections any more
   */
  async end({ id, address }: Peer): Promise<void> {
    await this.link.call(WHAT, 'client', ['kill', 'id', id, 'addr', address]);
  }

  private send(commands: readonly (readonly string[])[]): Promise<PromiseSettledResult<unknown>[]> {
    const { link } = this;
    return Promise.allSettled(link.together(() => commands.map(([name = '', ...args]) => link.call(WHAT, name, args))));
  }
}

/** @param replies of the commands of a transaction */
function outcomeOf(replies: unknown): Outcome {
  if (!Array.isArray(replies)) return 'undone';
  return replies.some((reply) => reply instanceof Error) ? 'refused' : 'done';
}

function isRefused(reply: PromiseSettledResult<unknown> | undefined): boolean {
  return reply?.status === 'rejected' && reply.reason instanceof RedisCommandError;
}

/** Whether this user, or this server, will never carry it out. */
function isForbidden(reply: PromiseSettledResult<unknown> | undefined): boolean {
  return isRefused(reply) && /NOPERM|unknown (sub)?command/i.test(String((reply as PromiseRejectedResult).reason));
}
