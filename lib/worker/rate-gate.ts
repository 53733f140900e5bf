import { RateLine, type Admission, type Delivery, type RateLimits } from '../brokers/index.js';
import { UnsupportedByBrokerError } from '../errors/index.js';
import type { ResolvedRateLimit } from '../options/index.js';
import type { TaskHead } from '../protocol/index.js';
import type { Clock, Timer } from '../time/index.js';
import type { Tenure } from './tenure.js';
import type { WorkerLog } from './worker-log.js';

/** A message whose task has a rate limit. */
interface Limited {
  readonly delivery: Delivery;
  readonly head: TaskHead;
  readonly limit: ResolvedRateLimit;
  readonly tenure: Tenure;
}

export interface RateGateOptions {
  readonly limits: RateLimits | undefined;
  /** Where the limits of a cluster would be counted, for errors. */
  readonly store: string;
  readonly clock: Clock;
  readonly log: WorkerLog;
  /** Goes on with one that has its token. */
  readonly proceed: (delivery: Delivery, tenure: Tenure) => void;
  /** Sees to it that work comes to its end before the worker does. */
  readonly follow: (work: Promise<void>) => void;
}

/** How long a message rests when nobody could say when its token is due. */
const AGAIN_MS = 1_000;

/**
 * Lets messages of tasks with a rate limit through, each with a token of its own. One whose token is due within a second is held here until then, outside of any slot; the others rest in
 * the broker, where they hold up nobody, and come back when it is their turn.
 */
export class RateGate {
  private gathered = new Map<string, Limited[]>();
  private readonly held = new Map<Limited, Timer>();
  private readonly lines = new Map<string, RateLine>();
  private readonly left = new WeakSet();
  private isClosed = false;

  constructor(private readonly options: RateGateOptions) {}

  /** @throws {UnsupportedByBrokerError} where this limit cannot be counted */
  check(limit: ResolvedRateLimit | undefined): void {
    if (limit?.scope !== 'cluster' || this.options.limits !== undefined) return;
    throw new UnsupportedByBrokerError('count a rate limit of the scope "cluster"', this.options.store);
  }

  /** What comes in one turn of the event loop is asked for in one step. */
  add(delivery: Delivery, head: TaskHead, limit: ResolvedRateLimit, tenure: Tenure): void {
    if (this.gathered.size === 0) queueMicrotask(() => this.flush());
    const limited = { delivery, head, limit, tenure };
    const group = this.gathered.get(head.task);
    if (group === undefined) this.gathered.set(head.task, [limited]);
    else group.push(limited);
  }

  /** These are another's now. */
  drop(tags: ReadonlySet<string>): void {
    for (const [limited, timer] of this.held) {
      if (!tags.has(limited.delivery.tag)) continue;
      timer.cancel();
      this.held.delete(limited);
    }
  }

  /** This hold on the queues ends: what it has here goes back. */
  leave(tenure: object): void {
    this.left.add(tenure);
    for (const [limited, timer] of this.held) {
      if (limited.tenure !== tenure) continue;
      timer.cancel();
      this.held.delete(limited);
      this.release(limited);
    }
  }

  /** Gives back what it holds, and lets nothing through from now on. */
  close(): void {
    this.isClosed = true;
    for (const [limited, timer] of this.held) {
      timer.cancel();
      this.release(limited);
    }
    this.held.clear();
  }

  private flush(): void {
    const groups = this.gathered;
    this.gathered = new Map();
    for (const [task, group] of groups) this.options.follow(this.admit(task, group));
  }

  private async admit(task: string, group: readonly Limited[]): Promise<void> {
    const [first] = group as readonly [Limited];
    const admissions = await this.ask(task, group, first.limit);
    await Promise.all(group.map((limited, index) => this.obey(limited, admissions[index] as Admission)));
  }

  private async ask(task: string, group: readonly Limited[], limit: ResolvedRateLimit): Promise<readonly Admission[]> {
    const { clock, limits, log } = this.options;
    const { intervalMs, scope } = limit;
    if (scope === 'worker') {
      const line = this.lines.get(task) ?? new RateLine();
      this.lines.set(task, line);
      const nowMs = clock.monotonic();
      return group.map(({ head }) => line.admit({ taskId: head.id, intervalMs, nowMs, isShared: false }));
    }
    try {
      const ids = group.map(({ head }) => head.id);
      return (await limits?.admit(task, ids, intervalMs)) ?? [];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(`Could not count the rate limit of task "${task}", trying again in ${AGAIN_MS} ms: ${reason}`);
      return group.map(() => ({ as: 'wait', forMs: AGAIN_MS }));
    }
  }

  private async obey(limited: Limited, admission: Admission): Promise<void> {
    const { clock, proceed } = this.options;
    const { delivery, tenure } = limited;
    if (this.isClosed || this.left.has(tenure)) return this.release(limited);
    if (admission.as === 'wait') {
      const nowMs = tenure.consumer.now?.() ?? clock.now();
      await tenure.settler.settle({ delivery, as: 'park', untilMs: nowMs + admission.forMs });
    } else if (admission.inMs <= 0) proceed(delivery, tenure);
    else {
      const timer = clock.setTimer(() => {
        this.held.delete(limited);
        proceed(delivery, tenure);
      }, admission.inMs);
      this.held.set(limited, timer);
    }
  }

  private release({ delivery, tenure }: Limited): void {
    this.options.follow(tenure.settler.settle({ delivery, as: 'release' }).then(() => undefined));
  }
}
