import type { Delivery } from '../brokers/index.js';
import { ConsumerStalledError, LeaseLostError } from '../errors/index.js';
import type { WorkerStatus } from '../events/index.js';
import { sleep, type Timer } from '../time/index.js';
import { openScaler, type PoolScaler } from './autoscale/pool-scaler.js';
import { ConsumedQueues } from './consumed-queues.js';
import { openFlow, type PoolFlow } from './flow/pool-flow.js';
import { cancelUnstarted, type InFlightTable } from './in-flight.js';
import { KnownTasks } from './known-tasks.js';
import { ProgressWatch } from './progress-watch.js';
import { RateGate } from './rate-gate.js';
import { receive, receptionRules, type ReceptionRules } from './reception.js';
import { Revocation } from './revocation.js';
import { RevokedOutcome } from './revoked-outcome.js';
import { TaskLog } from './task-log.js';
import { TaskReporter } from './task-reporter.js';
import type { TaskRunner } from './task-runner.js';
import { Tenure, type TenureParts } from './tenure.js';
import { StartCounts } from './start-counts.js';
import { WorkerInsight } from './worker-insight.js';
import { UnrunDeliveries } from './unrun-deliveries.js';
import { WorkerControls } from './worker-controls.js';
import type { WorkerProgress } from './worker-progress.js';
import type { WorkerSetup } from './worker-setup.interface.js';

/** How a worker ends: `warm` finishes what runs, `cold` gives it back. */
export type ShutdownMode = 'warm' | 'cold';

const STALE_AFTER_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;
/** A worker that ends tries for so long to settle what has ended. */
const SETTLE_GRACE_MS = 10_000;
/** A take that brought less has emptied the queue, or tasks are slow; then the next one waits for those to begin. */
const ENOUGH_TO_ASK_AHEAD = 32;

/**
 * Takes messages, has a pool run them, and settles them.
 *
 *   idle --start--> consuming --stop('warm')--> draining --all settled--> closed
 *                       └───────stop('cold')──> closed, from draining as well
 */
export class Worker {
  /** What can be changed of it while it runs. */
  readonly controls: WorkerControls;
  /** What it has in hand, and had. */
  readonly insight: WorkerInsight;
  private readonly stopping = new AbortController();
  private readonly rules: ReceptionRules;
  private readonly taskLog: TaskLog;
  private readonly flow: PoolFlow;
  private readonly inFlight: InFlightTable;
  private readonly revocation: Revocation;
  private readonly rateGate: RateGate;
  private readonly unrun: UnrunDeliveries;
  private readonly tenureParts: TenureParts;
  private readonly scaler: PoolScaler | undefined;
  private readonly watch: ProgressWatch;
  /** Replaced, and not yet done with what they hold. */
  private readonly retiring = new Set<Tenure>();
  /** What is under way besides tasks in flight. */
  private readonly pending = new Set<Promise<void>>();
  private tenure: Tenure | undefined;
  /** The last take failed, and none is under way. */
  private isFailing = false;
  /** A take that is under way while what came before it runs. */
  private asked: Promise<readonly Delivery[]> | undefined;
  private following: { close(): Promise<void> } | undefined;
  private loop: Promise<void> | undefined;
  private staleTimer: Timer | undefined;
  private end: Promise<void> | undefined;

  constructor(private readonly setup: WorkerSetup) {
    const { broker, options, log, clock, pool, signals } = setup;
    this.flow = openFlow(setup);
    const { inFlight } = this.flow;
    this.inFlight = inFlight;
    this.revocation = new Revocation(inFlight);
    const tasks = new KnownTasks(setup.tasks, options);
    const queues = new ConsumedQueues(broker, options.queues);
    this.watch = new ProgressWatch({ broker, clock, timeoutMs: options.progressTimeoutMs });
    const starts = new StartCounts();
    this.insight = new WorkerInsight({ ...setup, ...this.flow, starts, revoked: this.revocation.tasks });
    this.taskLog = new TaskLog(log);
    const reporter = new TaskReporter(setup.events);
    const revoked = new RevokedOutcome(this.taskLog, signals, reporter, clock);
    this.rateGate = new RateGate({
      limits: broker.rateLimits,
      store: broker.store,
      clock,
      log,
      proceed: (delivery, tenure) => this.begin(delivery, tenure, true),
      follow: (work) => this.follow(work),
    });
    for (const { rateLimit } of tasks) this.rateGate.check(rateLimit);
    this.unrun = new UnrunDeliveries(this.taskLog, signals, reporter, revoked, clock);
    pool.onResize(() => this.inFlight.wake());
    this.scaler = openScaler(
      setup,
      () => queues.current,
      () => this.inFlight.size - this.inFlight.settling,
    );
    this.tenureParts = {
      ...this.flow,
      setup,
      queues,
      rateGate: this.rateGate,
      starts,
      revoked,
      reporter,
      log: this.taskLog,
    };
    this.rules = receptionRules(setup, tasks, this.revocation);
    const { revocation, rateGate, scaler } = this;
    this.controls = new WorkerControls({ revocation, tasks, queues, rateGate, scaler });
  }

  /** What its heartbeats tell. */
  get status(): WorkerStatus {
    return { active: this.inFlight.running, processed: this.inFlight.total };
  }

  /** Deliveries that are running or about to. */
  get activeCount(): number {
    return this.inFlight.size;
  }

  /** What its loop does. */
  get progress(): WorkerProgress {
    const { watch } = this;
    const [silentMs, isReachable] = [watch.silentMs, !this.isFailing && this.setup.broker.status === 'ready'];
    const about = { silentMs, isHopeless: watch.isHopeless };
    if (this.stopping.signal.aborted) return { state: 'stopping', ...about };
    if (!isReachable) return { state: 'unreachable', ...about };
    if (silentMs > this.setup.options.progressTimeoutMs) return { state: 'stalled', ...about };
    return { state: this.flow.credit.now(0) === 0 ? 'busy' : 'consuming', ...about };
  }

  /** Messages that it may have in hand, now; 0 for any number. */
  get prefetchCount(): number {
    return this.flow.credit.most;
  }

  /** Resolves once it consumes. */
  async start(): Promise<void> {
    this.following = await this.setup.broker.revocations?.follow((ids, running) => this.revocation.apply(ids, running));
    this.tenure = await Tenure.begin(this.tenureParts);
    this.loop = this.consume();
  }

  /** Resolves when nothing is held any more. A second call may turn a warm shutdown into a cold one. */
  async stop(mode: ShutdownMode): Promise<void> {
    this.stopping.abort();
    this.scaler?.stop();
    this.inFlight.wake();
    if (mode === 'cold') {
      for (const { settler } of this.tenures()) settler.abandon();
      await this.setup.pool.stop('kill');
    }
    this.end ??= this.drain();
    await this.end;
  }

  private async drain(): Promise<void> {
    await this.loop;
    this.watch.stop();
    const { inFlight } = this;
    this.rateGate.close();
    for (const entry of inFlight.unstarted()) cancelUnstarted(entry, 'release');
    for (const { settler } of this.tenures()) settler.endWithin(SETTLE_GRACE_MS);
    const softTimer = this.armSoftShutdown();
    while (inFlight.size > 0) await inFlight.changed();
    softTimer?.cancel();
    while (this.pending.size > 0) await Promise.all(this.pending);
    this.staleTimer?.cancel();
    await this.following?.close();
    await this.tenure?.end();
    await this.setup.pool.stop('drain');
  }

  private armSoftShutdown(): Timer | undefined {
    const { options, clock, log } = this.setup;
    if (options.softShutdownTimeoutMs === undefined) return undefined;
    return clock.setTimer(() => {
      log.warn(
        `${this.inFlight.size} tasks still run ${options.softShutdownTimeoutMs} ms into the shutdown; aborting their signals`,
      );
      for (const entry of this.inFlight) entry.cancellation.request();
    }, options.softShutdownTimeoutMs);
  }

  private async consume(): Promise<void> {
    const { signal } = this.stopping;
    let waitMs = 0;
    while (!signal.aborted || this.asked !== undefined) {
      const want = this.flow.credit.now(0);
      if (want === 0 && this.asked === undefined) {
        await this.inFlight.changed();
        continue;
      }
      try {
        const tenure = (this.tenure ??= await Tenure.begin(this.tenureParts));
        await this.take(tenure, want, signal);
        waitMs = 0;
      } catch (error) {
        this.isFailing = true;
        waitMs = Math.min(Math.max(waitMs * 2, 100), LONGEST_WAIT_MS);
        this.tellAndLose(error, waitMs);
        await sleep(this.setup.clock, waitMs, signal).catch(() => undefined);
      }
    }
  }

  private async take(tenure: Tenure, want: number, signal: AbortSignal): Promise<void> {
    const { consumer } = tenure;
    this.isFailing = false;
    const taking = this.asked ?? consumer.take(want, signal);
    this.asked = undefined;
    const deliveries = await this.watch.watch(consumer, taking);
    if (signal.aborted && deliveries.length === 0) return;
    if (deliveries.length === 0) throw new LeaseLostError(consumer.owner, this.setup.broker.store); // it has closed by itself
    this.askAhead(tenure, deliveries.length, signal);
    for (const delivery of deliveries) this.begin(delivery, tenure);
    this.watchForStale(tenure.runner);
    this.scaler?.taken();
  }

  /** Bodies that end at once occupy this thread until all have run: a server can look for the next ones meanwhile. */
  private askAhead({ consumer }: Tenure, taken: number, signal: AbortSignal): void {
    if (consumer.isRemote !== true || taken < ENOUGH_TO_ASK_AHEAD || signal.aborted) return;
    const more = this.flow.credit.now(taken);
    if (more < ENOUGH_TO_ASK_AHEAD) return;
    this.asked = consumer.take(more, signal);
    this.asked.catch(() => undefined); // told when it is waited for
  }

  private tellAndLose(error: unknown, waitMs: number): void {
    const { log } = this.setup;
    const reason = error instanceof Error ? error.message : String(error);
    const { tenure } = this;
    if (error instanceof ConsumerStalledError && tenure !== undefined) {
      log.warn(reason);
      return this.replace(tenure);
    }
    if (!(error instanceof LeaseLostError) || tenure === undefined) {
      return log.error(`Could not take messages, trying again in ${waitMs} ms: ${reason}`);
    }
    log.error(
      `Lost its hold on the queues, with ${this.inFlight.size} tasks; consuming anew in ${waitMs} ms: ${reason}`,
    );
    this.tenure = undefined;
    this.asked = undefined;
    this.follow(tenure.lose(error));
  }

  private replace(tenure: Tenure): void {
    this.tenure = undefined;
    this.asked = undefined;
    this.retiring.add(tenure);
    this.follow(tenure.retire().finally(() => this.retiring.delete(tenure)));
  }

  private tenures(): readonly Tenure[] {
    return this.tenure === undefined ? [...this.retiring] : [...this.retiring, this.tenure];
  }

  /** @param hasToken its rate limit lets it through */
  private begin(delivery: Delivery, tenure: Tenure, hasToken = false): void {
    const verdict = receive(delivery, this.rules, tenure.consumer.now?.() ?? this.setup.clock.now());
    if (verdict.as === 'run') {
      const { head, traits } = verdict;
      const { gate } = this.flow;
      if (gate !== undefined && !hasToken && !gate.admits(traits)) {
        return this.follow(gate.setAside(delivery, traits, tenure));
      }
      if (traits.rateLimit !== undefined && !hasToken) {
        return this.rateGate.add(delivery, head, traits.rateLimit, tenure);
      }
      this.setup.signals.taskReceived(head);
      tenure.runner.run(delivery, head, traits);
    } else this.follow(this.unrun.settle(delivery, verdict, tenure));
  }

  private follow(work: Promise<void>): void {
    const followed = work.catch((error: unknown) => this.taskLog.unhandled(error));
    this.pending.add(followed);
    void followed.then(() => this.pending.delete(followed));
  }

  /** While something waits for a slot, looks once a second whether it has waited too long. */
  private watchForStale(runner: TaskRunner): void {
    if (this.staleTimer !== undefined || this.flow.credit.isFixed) return;
    this.staleTimer = this.setup.clock.setTimer(() => {
      this.staleTimer = undefined;
      runner.releaseStale(STALE_AFTER_MS);
      if (!this.inFlight.unstarted()[Symbol.iterator]().next().done) this.watchForStale(runner);
    }, STALE_AFTER_MS);
  }
}
