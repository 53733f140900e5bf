import type { Fanout, FanoutMessage, FanoutSubscription } from '../brokers/index.js';
import {
  formatControlReply,
  mailboxExchange,
  parseControlRequest,
  type ControlRequest,
  type ReplyAddress,
} from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import type { Clock, LogicalClock } from '../time/index.js';
import type { CommandRegistry } from './command-registry.js';
import type { ControlledNode } from './controlled-node.interface.js';
import { isAddressed } from './node-matching.js';
import { errorRepr } from './python-error.js';
import { QuietLog, type ControlLog } from './quiet-log.js';

export interface NodeMailboxSetup {
  readonly node: ControlledNode;
  readonly fanout: Fanout;
  readonly commands: CommandRegistry;
  /** First word of the exchanges. */
  readonly namespace: string;
  readonly serialization: Serialization;
  readonly logicalClock: LogicalClock;
  readonly clock: Clock;
  readonly log: ControlLog;
}

/** Requests that wait for their turn; what comes beyond them is dropped. */
const MOST_WAITING = 20_000;
/** Commands that are under way at once. */
const MOST_RUNNING = 64;
/** After so long the tasks have their turn. */
const TURN_MS = 5;

/**
 * Where a node gets its commands, obeys them and answers. However many come, a turn of the event loop spends only so long on them.
 * @source kombu/pidbox.py `Node`
 */
export class NodeMailbox {
  private readonly log: QuietLog;
  private waiting: FanoutMessage[] = [];
  private head = 0;
  private running = 0;
  private dropped = 0;
  private isScheduled = false;
  private isClosed = false;
  private subscription: FanoutSubscription | undefined;

  constructor(private readonly setup: NodeMailboxSetup) {
    this.log = new QuietLog(setup.log, setup.clock);
  }

  /** Resolves once it listens. */
  async open(): Promise<void> {
    const { fanout, namespace } = this.setup;
    this.subscription = await fanout.listen(mailboxExchange(namespace), '', (message) => this.receive(message));
    if (this.isClosed) await this.subscription.close();
  }

  /** What waits is dropped; what is under way still answers. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.waiting = [];
    this.head = 0;
    await this.subscription?.close();
  }

  private receive(message: FanoutMessage): void {
    if (this.isClosed) return;
    if (this.waiting.length - this.head >= MOST_WAITING) {
      this.dropped += 1;
      this.log.warn(`Control messages come faster than they are obeyed: ${this.dropped} were dropped so far`);
      return;
    }
    this.waiting.push(message);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.running >= MOST_RUNNING || this.head === this.waiting.length) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.work();
      this.schedule();
    });
  }

  private work(): void {
    const { clock } = this.setup;
    const endMs = clock.monotonic() + TURN_MS;
    do {
      const message = this.waiting[this.head];
      if (message === undefined) break;
      this.head += 1;
      this.obey(message);
    } while (this.running < MOST_RUNNING && clock.monotonic() < endMs);
    if (this.head < this.waiting.length && this.head < 1_000) return;
    this.waiting = this.waiting.slice(this.head);
    this.head = 0;
  }

  private obey(message: FanoutMessage): void {
    const { node, serialization, logicalClock } = this.setup;
    let request: ControlRequest;
    try {
      request = parseControlRequest(serialization.decode(message));
      const time = message.headers['clock'];
      logicalClock.adjust(typeof time === 'number' && Number.isFinite(time) ? time : 0);
      if (!isAddressed(node.hostname, request)) return;
    } catch (error) {
      this.log.warn(`A control message was dropped: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.running += 1;
    void this.run(request).finally(() => {
      this.running -= 1;
      this.schedule();
    });
  }

  /** Never rejects. */
  private async run({ method, arguments: args, replyTo, ticket }: ControlRequest): Promise<void> {
    const { commands, node } = this.setup;
    let reply: unknown;
    try {
      reply = await commands.run(method, args, node);
    } catch (error) {
      reply = { error: errorRepr(error) };
      this.log.warn(`Control command "${method}" was refused: ${errorRepr(error)}`);
    }
    // Celery's workers do not answer it either: they are on their way out.
    if (replyTo === undefined || method === 'shutdown') return;
    try {
      await this.reply(reply ?? null, replyTo, ticket);
    } catch (error) {
      this.log.warn(`The reply to control command "${method}" could not be sent: ${String(error)}`);
    }
  }

  private async reply(value: unknown, { exchange, routingKey }: ReplyAddress, ticket?: string): Promise<void> {
    const { fanout, node, serialization, logicalClock } = this.setup;
    const content = serialization.encode('json', formatControlReply(node.hostname, value));
    const headers = { ticket: ticket ?? null, clock: logicalClock.forward() };
    await fanout.reply(exchange, { routingKey, headers, ...content });
  }
}
