import { RedisLink } from '../../connections/index.js';
import { ConnectionLostError } from '../../errors/index.js';
import { sleep, type Clock } from '../../time/index.js';
import type { Delivery } from '../broker.interface.js';
import type { QueueList } from './redis-lists.js';

/** How long one wait lasts at the server. */
export const WAIT_S = 10;
const AGAIN_MS = 500;

export interface ListWaitSetup {
  readonly list: QueueList;
  /** On which it waits. */
  readonly link: RedisLink;
  /** For what has to be said meanwhile. */
  readonly other: RedisLink;
  readonly clock: Clock;
  /** Sends what hands over the message that a wait brings. */
  readonly take: (list: QueueList, link: RedisLink) => Promise<readonly Delivery[]>;
  /** Something came: these, or what the next take of anyone finds in the head. */
  readonly onArrival: (deliveries: readonly Delivery[]) => void;
  /** Something may have been handed over that did not arrive. */
  readonly onUncertain: () => void;
}

/**
 * Waits for a list at the server, without asking again and again: what comes is moved into the list's head, which all workers
 * look into first, and one message wakes one worker. What hands the message over is on its way already, behind the wait: so it costs
 * no further trip, and what comes for a worker that is gone stays in the head.
 */
export class ListWait {
  private isWanted = false;
  private isClosed = false;
  private running: Promise<void> | undefined;
  private clientId: number | undefined;

  constructor(private readonly setup: ListWaitSetup) {}

  /** Waits from now on, until something came or `disarm`. */
  arm(): void {
    this.isWanted = true;
    if (!this.isClosed) this.running ??= this.wait().finally(() => (this.running = undefined));
  }

  /** Stops waiting. What comes all the same is told, too. */
  async disarm(): Promise<void> {
    this.isWanted = false;
    if (this.running !== undefined && !(await this.unblock())) this.reset();
  }

  /** Ends a wait whose connection may be broken. */
  reset(): void {
    if (this.running !== undefined) this.setup.link.reset();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isWanted = false;
    // The server may not have seen it yet: then it cannot be told to end.
    if (this.running !== undefined && (await this.unblock()) !== 'ended') this.setup.link.close();
    await this.running;
    this.setup.link.close();
  }

  /** @returns `false` where the server cannot be told */
  private async unblock(): Promise<'ended' | 'not waiting' | false> {
    const { other } = this.setup;
    if (this.clientId === undefined || other.status !== 'ready') return false;
    try {
      const count = await other.call('stop waiting', 'client', ['unblock', this.clientId]);
      return count === 1 ? 'ended' : 'not waiting';
    } catch {
      return false;
    }
  }

  private async wait(): Promise<void> {
    const { clock, link, onArrival } = this.setup;
    while (this.isWanted && !this.isClosed) {
      try {
        if (link.status === 'closed') await link.connect();
        this.clientId ??= await this.askId();
        const { hasMoved, deliveries } = await this.waitOnce();
        if (!hasMoved && deliveries.length === 0) continue;
        if (!this.isWanted && deliveries.length === 0) await this.putBack();
        this.isWanted = false;
        onArrival(deliveries);
      } catch (error) {
        this.clientId = undefined;
        if (this.isClosed) return;
        if (!(error instanceof ConnectionLostError)) await sleep(clock, AGAIN_MS);
      }
    }
  }

  private async waitOnce(): Promise<{ readonly hasMoved: boolean; readonly deliveries: readonly Delivery[] }> {
    const { list, link, take } = this.setup;
    const moving = link.callBuffer('wait for messages', 'blmove', [list.key, list.head, 'RIGHT', 'LEFT', WAIT_S]);
    // A wait that can only be broken off would leave it open each time whether something was handed over.
    const taking = this.clientId === undefined ? undefined : this.settled(take(list, link));
    const moved = await moving.catch(async (error: unknown) => {
      await taking;
      throw error;
    });
    return { hasMoved: moved !== null, deliveries: (await taking) ?? [] };
  }

  /** Whatever failed, something may have been taken. */
  private async settled(taking: Promise<readonly Delivery[]>): Promise<readonly Delivery[]> {
    try {
      return await taking;
    } catch {
      this.setup.onUncertain();
      return [];
    }
  }

  private async askId(): Promise<number | undefined> {
    try {
      return Number(await this.setup.link.call('name its connection', 'client', ['id']));
    } catch (error) {
      if (error instanceof ConnectionLostError) throw error;
      return undefined; // not allowed to this user: the connection is broken off instead
    }
  }

  private async putBack(): Promise<void> {
    const { list, other } = this.setup;
    await other.call('put a message back', 'lmove', [list.head, list.key, 'LEFT', 'RIGHT']).catch(() => undefined); // the next take of anyone finds it
  }
}
