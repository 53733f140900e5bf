import { RedisLink } from '../../connections/index.js';
import { ConnectionLostError } from '../../errors/index.js';
import { sleep, type Clock } from '../../time/index.js';

/** How long one wait lasts at the server. */
export const WAIT_S = 5;
const AGAIN_MS = 500;

/**
 * Waits for a list at the server, without asking again and again: what comes is moved into the list's head, which all workers
 * look into first. Nothing is ever in this process alone, and one message wakes one worker.
 */
export class ListWait {
  private isWanted = false;
  private isClosed = false;
  private running: Promise<void> | undefined;
  private clientId: number | undefined;

  constructor(
    private readonly list: string,
    private readonly head: string,
    private readonly link: RedisLink,
    /** For what has to be said while this connection waits. */
    private readonly other: RedisLink,
    private readonly clock: Clock,
    private readonly onArrival: () => void,
  ) {}

  get isWaiting(): boolean {
    return this.running !== undefined;
  }

  /** Waits from now on, until something came or `disarm`. */
  arm(): void {
    this.isWanted = true;
    if (!this.isClosed) this.running ??= this.wait().finally(() => (this.running = undefined));
  }

  /** Stops waiting. What comes all the same goes back to the list. */
  async disarm(): Promise<void> {
    this.isWanted = false;
    if (this.running === undefined) return;
    if (this.clientId === undefined) this.link.reset();
    else await this.other.call('stop waiting', 'client', ['unblock', this.clientId]).catch(() => this.link.reset());
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isWanted = false;
    this.link.close();
    await this.running;
  }

  private async wait(): Promise<void> {
    while (this.isWanted && !this.isClosed) {
      try {
        if (this.link.status === 'closed') await this.link.connect();
        this.clientId ??= await this.askId();
        const moved = await this.link.call('wait for messages', 'blmove', [
          this.list,
          this.head,
          'RIGHT',
          'LEFT',
          WAIT_S,
        ]);
        if (moved === null) continue;
        if (this.isWanted) {
          this.isWanted = false;
          this.onArrival();
        } else await this.putBack();
      } catch (error) {
        this.clientId = undefined;
        if (this.isClosed) return;
        if (!(error instanceof ConnectionLostError)) await sleep(this.clock, AGAIN_MS);
      }
    }
  }

  private async askId(): Promise<number | undefined> {
    try {
      return Number(await this.link.call('name its connection', 'client', ['id']));
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      return undefined; // not allowed to this user: the connection is broken off instead
    }
  }

  private async putBack(): Promise<void> {
    await this.other
      .call('put a message back', 'lmove', [this.head, this.list, 'LEFT', 'RIGHT'])
      .catch(() => undefined); // the next take of anyone finds it
  }
}
