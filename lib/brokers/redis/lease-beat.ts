import { RedisLink } from '../../connections/index.js';
import type { Clock, Timer } from '../../time/index.js';
import { beat } from './lua.generated.js';
import type { RedisKeys } from './redis-keys.js';

/** What a beat tells. Times are Redis' own, in seconds. */
export interface BeatNews {
  readonly now: number;
  /** Place among the workers by the end of their leases; 0 for the one whose lease ends first. */
  readonly rank: number;
  /** Whose lease ends first, and when: past, it is dead. */
  readonly first: { readonly owner: string; readonly deadline: number };
  readonly nextDue: number | undefined;
  readonly paused: readonly string[];
  /** Lists of a priority step beyond 0 that ever held something. */
  readonly stepLists: readonly string[];
  /** Entered anew, though it had been entered before: the server has forgotten something. */
  readonly hasRejoined: boolean;
}

export interface LeaseBeatSetup {
  readonly link: RedisLink;
  readonly keys: RedisKeys;
  readonly owner: string;
  readonly leaseMs: number;
  /** Field, value, … about this worker. */
  readonly about: readonly string[];
  readonly clock: Clock;
  readonly onNews: (news: BeatNews) => void;
  /** Cut off: by another, or because no beat has passed for nearly a lease. */
  readonly onLost: () => void;
}

/** Part of a lease after which a worker that could not beat gives itself up: before others may take what it holds. */
const GIVE_UP_PART = 0.8;

/** Keeps a worker's lease, on a connection that nothing else blocks. */
export class LeaseBeat {
  private timer: Timer | undefined;
  private beatenMs = 0;
  private hasJoined = false;
  private isOpen = true;

  constructor(private readonly setup: LeaseBeatSetup) {}

  /** Enters the worker. @throws what the connection throws */
  async join(): Promise<void> {
    const news = await this.beat();
    if (news !== undefined) this.setup.onNews(news);
    this.schedule(news);
  }

  close(): void {
    this.isOpen = false;
    this.timer?.cancel();
  }

  private schedule(news: BeatNews | undefined): void {
    if (!this.isOpen) return;
    this.timer?.cancel();
    this.timer = this.setup.clock.setTimer(() => void this.tick(), this.delay(news));
  }

  /** A quarter of the lease; less where another's ends sooner, so that its messages need not wait for the next beat. */
  private delay(news: BeatNews | undefined): number {
    const periodMs = this.setup.leaseMs / 4;
    if (news === undefined || news.first.owner === this.setup.owner) return periodMs;
    const endsInMs = (news.first.deadline - news.now) * 1_000;
    return endsInMs <= 0 ? periodMs : Math.min(periodMs, endsInMs + 20);
  }

  private async tick(): Promise<void> {
    let news: BeatNews | undefined;
    try {
      news = await this.beat();
      if (news !== undefined && this.isOpen) this.setup.onNews(news);
    } catch {
      // The connection tells of itself, and comes back by itself.
    }
    if (!this.isOpen) return;
    if (this.setup.clock.monotonic() - this.beatenMs > this.setup.leaseMs * GIVE_UP_PART) return this.lose();
    this.schedule(news);
  }

  private async beat(): Promise<BeatNews | undefined> {
    const { link, keys, owner, leaseMs, about, clock } = this.setup;
    const sentMs = clock.monotonic();
    const reply = (await link.run(
      beat,
      [keys.workers, keys.fenced, keys.worker(owner), keys.parked, keys.paused, keys.steps],
      [owner, leaseMs / 1_000, ...about],
    )) as [string, string, number, string, string, string, string[], string[]];
    const [status, now, rank, first, deadline, due, paused, stepLists] = reply;
    if (status === 'FENCED') {
      this.lose();
      return undefined;
    }
    this.beatenMs = sentMs;
    const hasRejoined = status === 'JOINED' && this.hasJoined;
    this.hasJoined = true;
    return {
      now: Number(now),
      rank,
      first: { owner: first, deadline: Number(deadline) },
      nextDue: due === '' ? undefined : Number(due),
      paused,
      stepLists,
      hasRejoined,
    };
  }

  private lose(): void {
    if (!this.isOpen) return;
    this.close();
    this.setup.onLost();
  }
}
