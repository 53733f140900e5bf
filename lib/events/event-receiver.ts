import type { Fanout, FanoutMessage, FanoutSubscription } from '../brokers/index.js';
import type { InvalidEventError } from '../errors/index.js';
import { EVENT_EXCHANGE, readEvents, type ClusterEvent } from '../protocol/index.js';
import { sleep, type Clock, type LogicalClock } from '../time/index.js';
import type { EventLog } from './event-dispatcher.js';
import type { ReceivedEvent } from './received-event.js';

export interface EventReceiverSetup {
  /** Connects where that is needed. @throws where the broker cannot be reached, or has no way to tell everyone */
  readonly connect: () => Promise<Fanout>;
  /** Over routing keys: `'#'` for all events, `'worker.#'` for those of workers. */
  readonly pattern: string;
  /** Reads a body that is of an accepted content type. */
  readonly decode: (message: FanoutMessage) => unknown;
  /** Called once it listens. */
  readonly onListening?: () => void;
  readonly onEvent: (event: ReceivedEvent) => void;
  readonly clock: Clock;
  readonly logicalClock: LogicalClock;
  readonly log: EventLog;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** Told no more often of events that nobody can read. */
const LOG_EVERY_MS = 10_000;

/**
 * Listens to events, from `start` to `stop`. While it cannot, it tries again; what is sent meanwhile passes it by.
 * @source celery/events/receiver.py
 */
export class EventReceiver {
  private stopping = new AbortController();
  private listening: Promise<FanoutSubscription | undefined> | undefined;
  private toldMs = -Infinity;
  private refused = 0;

  constructor(private readonly setup: EventReceiverSetup) {}

  /** Resolves once it listens, or was told to stop before that. Does nothing while it does. */
  async start(): Promise<void> {
    this.listening ??= this.listen(this.stopping.signal);
    await this.listening;
  }

  async stop(): Promise<void> {
    const { listening } = this;
    this.stopping.abort();
    this.stopping = new AbortController();
    this.listening = undefined;
    await (await listening)?.close();
  }

  private async listen(signal: AbortSignal): Promise<FanoutSubscription | undefined> {
    const { connect, pattern, onListening, clock, log } = this.setup;
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        const fanout = await connect();
        const subscription = await fanout.listen(EVENT_EXCHANGE, pattern, (message) => {
          if (!signal.aborted) this.receive(message);
        });
        if (!signal.aborted) onListening?.();
        return subscription;
      } catch (error) {
        if (signal.aborted) break;
        if (waitMs === FIRST_WAIT_MS) log.warn(`Cannot listen to events, trying again until it can: ${textOf(error)}`);
        await sleep(clock, waitMs, signal).catch(() => undefined);
      }
    }
    return undefined;
  }

  private receive(message: FanoutMessage): void {
    let body: unknown;
    try {
      body = this.setup.decode(message);
    } catch (error) {
      return this.refuse(error);
    }
    const receivedMs = this.setup.clock.now();
    for (const event of readEvents(body, (error: InvalidEventError) => this.refuse(error))) {
      this.adjustClock(event);
      this.setup.onEvent({ ...event, receivedMs });
    }
  }

  /** Clients follow no clock, so theirs says nothing. @source celery/events/receiver.py `event_from_message` */
  private adjustClock({ type, clock }: ClusterEvent): void {
    const { logicalClock } = this.setup;
    if (type === 'task-sent' || clock === undefined) logicalClock.forward();
    else logicalClock.adjust(clock);
  }

  private refuse(error: unknown): void {
    this.refused += 1;
    const nowMs = this.setup.clock.monotonic();
    if (nowMs - this.toldMs < LOG_EVERY_MS) return;
    this.toldMs = nowMs;
    const count = this.refused === 1 ? 'An event' : `${this.refused} events`;
    this.refused = 0;
    this.setup.log.warn(`${count} could not be read, and went unheard: ${textOf(error)}`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
