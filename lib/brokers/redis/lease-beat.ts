import { RedisLink } from '../../connections/index.js';
import { untilTick, type Clock, type Timer } from '../../time/index.js';
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
  /** How often it beats: several times in a lease. */
  readonly periodMs: number;
  /** Field, value, … about this worker, now. */
  readonly about: () => readonly string[];
  readonly clock: Clock;
  readonly onNews: (news: BeatNews) => void;
  /** Cut off: by another, or because no beat has passed for nearly a lease. */
  readonly onLost: () => void;
}

/** Part of a lease after which a worker that could not beat gives itself up: before others may take what it holds. */
const GIVE_UP_PART = 0.8;
/** A timer that fires so much later than it should. */
const LATE_MS = 500;
/** Until the next try after a beat that failed. */
const AGAIN_MS = 200;

/** Keeps a worker's lease, on a connection that nothing else blocks. */
export class LeaseBeat {
  private timer: Timer | undefined;
  private beatenMs = 0;
  /** When the timer should fire. */
  private tickMs = 0;
  private isBeating = false;
  private hasFailed = false;
  private hasJoined = false;
  private isOpen = true;

  constructor(private readonly setup: LeaseBeatSetup) {}

  /** Enters the worker. @throws what the connection throws */
  async join(): Promise<void> {
    this.tell(await this.beat());
    this.schedule(this.untilNext());
  }

  /** What is known about this worker has changed. */
  async tellAbout(): Promise<void> {
    const { link, keys, owner, about } = this.setup;
    if (this.isOpen) await link.call('tell about a worker', 'hset', [keys.worker(owner), ...about()]);
  }

  close(): void {
    this.isOpen = false;
    this.timer?.cancel();
  }

  private untilNext(): number {
    return untilTick(this.setup.clock, this.setup.periodMs);
  }

  /** No later than the worker has to give up. */
  private schedule(delayMs: number): void {
    if (!this.isOpen) return;
    const { clock, leaseMs } = this.setup;
    const nowMs = clock.monotonic();
    const leftMs = this.beatenMs + leaseMs * GIVE_UP_PART - nowMs;
    const waitMs = leftMs > 0 ? Math.min(delayMs, leftMs + 1) : delayMs;
    this.timer?.cancel();
    this.tickMs = nowMs + waitMs;
    this.timer = clock.setTimer(() => this.tick(), waitMs);
  }

  /** Never waits: a server that does not answer must not keep a worker from giving up in time. */
  private tick(): void {
    const { clock, leaseMs, link, periodMs } = this.setup;
    const nowMs = clock.monotonic();
    // A body that kept the event loop busy, or a process that stood still: another thread may have kept the lease, so the server is asked.
    const isLate = nowMs - this.tickMs > Math.min(periodMs, LATE_MS);
    if (!isLate && nowMs - this.beatenMs > leaseMs * GIVE_UP_PART) return this.lose();
    // What is not sent counts as one that failed: what is left of the lease does not wait for another period.
    if (link.status !== 'ready') return this.failed();
    this.schedule(this.hasFailed ? AGAIN_MS : this.untilNext());
    if (this.isBeating && !isLate) return;
    this.isBeating = true;
    this.beat()
      .then((news) => this.tell(news))
      .catch(() => this.failed()) // the connection tells of itself, and comes back by itself
      .finally(() => (this.isBeating = false));
  }

  /** What is left of the lease may be short. */
  private failed(): void {
    this.hasFailed = true;
    this.schedule(AGAIN_MS);
  }

  private tell(news: BeatNews | undefined): void {
    if (news === undefined || !this.isOpen) return;
    this.setup.onNews(news);
    const { owner, periodMs } = this.setup;
    if (news.first.owner === owner) return;
    // Another's lease ends before the next beat: its messages need not wait for that.
    const endsInMs = (news.first.deadline - news.now) * 1_000;
    if (endsInMs > 0 && endsInMs < periodMs) this.schedule(endsInMs + 20);
  }

  private async beat(): Promise<BeatNews | undefined> {
    const { link, keys, owner, leaseMs, about, clock } = this.setup;
    const sentMs = clock.monotonic();
    const reply = (await link.run(
      beat,
      [keys.workers, keys.fenced, keys.worker(owner), keys.parked, keys.paused, keys.steps],
      [owner, leaseMs / 1_000, ...about()],
    )) as [string, string, number, string, string, string, string[], string[]];
    const [status, now, rank, first, deadline, due, paused, stepLists] = reply;
    if (status === 'FENCED') {
      this.lose();
      return undefined;
    }
    this.hasFailed = false;
    this.beatenMs = Math.max(this.beatenMs, sentMs);
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
