import type { Fanout, FanoutMessage } from '../brokers/index.js';
import {
  EVENT_EXCHANGE,
  EventBatch,
  eventRoutingKey,
  EventWriter,
  type EventMembers,
  type TaskCall,
} from '../protocol/index.js';
import { sleep, type Clock, type LogicalClock, type Timer } from '../time/index.js';
import { utcOffsetHours } from './utc-offset.js';

/** Where those who send and receive events write what goes wrong; a worker's log fits. */
export interface EventLog {
  log(message: string): void;
  warn(message: string): void;
}

export interface EventDispatcherSetup {
  readonly fanout: Pick<Fanout, 'broadcast'>;
  /** Name the events bear: the node name of a worker, `gen<pid>@<host>` of a client. */
  readonly hostname: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly log: EventLog;
  /** Events that are kept while the broker takes none; then the oldest are dropped. @defaultValue 10000 */
  readonly mostKept?: number;
}

/** What one message carries. */
interface Packet {
  readonly message: FanoutMessage;
  readonly events: number;
  /** Whether it is worth sending later. */
  readonly isKept: boolean;
}

const MOST_KEPT = 10_000;
/** Celery's workers send 24 events at most; each message costs a worker and the broker as much as dozens of events do, and monitors take lists of any length. */
const LARGEST_BATCH = 64 * 1_024;
/** Under load events gather for so long. */
const GATHER_MS = 10;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
const CLOSE_WITHIN_MS = 2_000;

/**
 * Sends the events of one worker or client, in their order. Those of tasks go in batches: what comes in one turn of the event loop, and after that what comes
 * in 10 ms. While the broker is away they are kept, up to a number; nobody waits for them, and none is an error to who sends it.
 * @source celery/events/dispatcher.py
 */
export class EventDispatcher {
  private readonly writer: EventWriter;
  private readonly headers: FanoutMessage['headers'];
  private outbox: Packet[] = [];
  /** In the outbox, the batch and under way. */
  private waiting = 0;
  private readonly batch: EventBatch;
  private isScheduled = false;
  private gathering: Timer | undefined;
  private lastSentMs = -Infinity;
  /** Runs from the first event that waits until none does. */
  private running: Promise<void> | undefined;
  /** Its present attempt; none while it waits for the broker to come back. */
  private attempt: Promise<boolean> | undefined;
  private dropped = 0;
  private isFailing = false;
  private readonly closing = new AbortController();
  private isClosed = false;

  constructor(private readonly setup: EventDispatcherSetup) {
    const { hostname, pid, clock } = setup;
    const offset = utcOffsetHours(clock.now());
    this.writer = new EventWriter(hostname, pid, offset);
    this.batch = new EventBatch(hostname, pid, offset);
    this.headers = { hostname };
  }

  /** An event of its own message. @param isKept `false` for one that nobody wants later, when the broker is back */
  send(type: string, members: EventMembers, isKept = true): void {
    if (this.isClosed) return;
    this.moveInTime();
    this.seal();
    this.waiting += 1;
    this.outbox.push({ message: this.messageOf(eventRoutingKey(type), this.write(type, members)), events: 1, isKept });
    this.limit();
    this.schedule();
  }

  /** An event of a task: goes with others of its kind. */
  sendBatched(type: string, members: EventMembers): void {
    if (this.isClosed) return;
    const { clock, logicalClock } = this.setup;
    this.batch.add(type, members, logicalClock.forward(), clock.now());
    this.batched();
  }

  sendReceived(call: TaskCall): void {
    if (this.isClosed) return;
    const { clock, logicalClock } = this.setup;
    this.batch.addReceived(call, logicalClock.forward(), clock.now());
    this.batched();
  }

  sendStarted(id: string): void {
    if (this.isClosed) return;
    const { clock, logicalClock } = this.setup;
    this.batch.addStarted(id, logicalClock.forward(), clock.now());
    this.batched();
  }

  /** @param result as Python shows it */
  sendSucceeded(id: string, result: string, runtimeMs: number): void {
    if (this.isClosed) return;
    const { clock, logicalClock } = this.setup;
    this.batch.addSucceeded(id, result, runtimeMs, logicalClock.forward(), clock.now());
    this.batched();
  }

  /** Resolves when the broker has all that was sent so far, or is away: then it is kept. */
  async flush(): Promise<void> {
    await this.attempt;
    if (!this.isFailing) this.begin();
    await this.attempt;
  }

  /** Takes nothing more; resolves when what was sent is with the broker, or could not be brought there in time. */
  async close(withinMs = CLOSE_WITHIN_MS): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { clock, log } = this.setup;
    const enough = new AbortController();
    this.closing.abort();
    const last = (async () => {
      await this.running;
      await this.drain();
    })();
    this.gathering?.cancel();
    await Promise.race([last, sleep(clock, withinMs, enough.signal).catch(() => undefined)]);
    enough.abort();
    const lost = this.waiting + this.dropped;
    if (lost > 0) log.warn(`${countOf(lost)} could not be sent to monitors before the end, and will never be`);
  }

  private moveInTime(): void {
    const offset = utcOffsetHours(this.setup.clock.now());
    this.writer.moveTo(offset);
    this.batch.moveTo(offset);
  }

  private batched(): void {
    this.waiting += 1;
    if (this.batch.size >= LARGEST_BATCH) this.sendFull();
    else if (!this.isScheduled && this.running === undefined) this.schedule();
  }

  private write(type: string, members: EventMembers): string {
    const { clock, logicalClock } = this.setup;
    return this.writer.write(type, members, logicalClock.forward(), clock.now());
  }

  /** The batch becomes a message. */
  private seal(): void {
    const { count } = this.batch;
    if (count === 0) return;
    this.outbox.push({ message: this.messageOf('task.multi', this.batch.take()), events: count, isKept: true });
    this.limit();
  }

  private messageOf(routingKey: string, body: FanoutMessage['body']): FanoutMessage {
    return { routingKey, headers: this.headers, contentType: 'application/json', contentEncoding: 'utf-8', body };
  }

  /** More than may be kept: the oldest are the least wanted. */
  private limit(): void {
    const { mostKept = MOST_KEPT } = this.setup;
    while (this.waiting > mostKept) {
      const oldest = this.outbox.shift();
      if (oldest === undefined) return;
      this.waiting -= oldest.events;
      this.dropped += oldest.events;
    }
  }

  /** The first one goes with the next turn; when many come, each message waits for more. */
  private schedule(): void {
    if (this.isScheduled || this.running !== undefined || this.isClosed) return;
    this.isScheduled = true;
    const { clock } = this.setup;
    const restMs = this.lastSentMs + GATHER_MS - clock.monotonic();
    if (restMs > 0) this.gathering = clock.setTimer(() => this.begin(), restMs, { ref: false });
    else setImmediate(() => this.begin());
  }

  private sendFull(): void {
    this.seal();
    this.begin();
  }

  private begin(): void {
    this.isScheduled = false;
    this.gathering?.cancel();
    if (!this.isClosed) this.running ??= this.run();
  }

  private async run(): Promise<void> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      this.attempt = this.drain();
      const isDone = await this.attempt;
      this.attempt = undefined;
      if (isDone) break;
      await sleep(this.setup.clock, waitMs, this.closing.signal).catch(() => undefined);
      if (this.closing.signal.aborted) break;
    }
    this.running = undefined;
    this.lastSentMs = this.setup.clock.monotonic();
    if (this.waiting > 0) this.schedule(); // what has come meanwhile
  }

  /** Publishes until nothing is left. @returns `false` when the broker would not take all of it */
  private async drain(): Promise<boolean> {
    this.moveInTime();
    this.seal();
    while (this.outbox.length > 0) {
      const packets = this.outbox;
      this.outbox = [];
      const failed = await this.publish(packets);
      if (failed.length > 0) {
        this.outbox = [...failed, ...this.outbox];
        this.limit();
        return false;
      }
    }
    return true;
  }

  /** @returns those that have to be sent again, in order */
  private async publish(packets: readonly Packet[]): Promise<readonly Packet[]> {
    const ends = await Promise.allSettled(
      packets.map(({ message }) => this.setup.fanout.broadcast(EVENT_EXCHANGE, message)),
    );
    let reason: unknown;
    const failed = packets.filter(({ events, isKept }, index) => {
      const end = ends[index];
      if (end?.status === 'rejected') reason = end.reason;
      const isLeft = end?.status === 'rejected' && isKept;
      if (!isLeft) this.waiting -= events;
      return isLeft;
    });
    if (reason === undefined) this.tellRecovery();
    else this.tellFailure(reason);
    return failed;
  }

  private tellFailure(reason: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    const why = reason instanceof Error ? reason.message : String(reason);
    const { log, mostKept = MOST_KEPT } = this.setup;
    log.warn(`Could not send events to monitors; up to ${mostKept} are kept until the broker takes them: ${why}`);
  }

  private tellRecovery(): void {
    if (!this.isFailing) return;
    this.isFailing = false;
    const lost = this.dropped === 0 ? '' : `; ${countOf(this.dropped)} were dropped, as more came than are kept`;
    this.dropped = 0;
    this.setup.log.log(`Events are sent to monitors again${lost}`);
  }
}

function countOf(events: number): string {
  return events === 1 ? '1 event' : `${events} events`;
}
