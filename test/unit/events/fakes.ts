import type { Fanout, FanoutListener, FanoutMessage } from '../../../lib/brokers/index.js';
import { EventDispatcher } from '../../../lib/events/index.js';
import { LogicalClock, VirtualClock } from '../../../lib/time/index.js';

/** Keeps what is broadcast, and hands it to who listens. */
export class FakeFanout implements Fanout {
  readonly sent: { readonly exchange: string; readonly message: FanoutMessage }[] = [];
  readonly listeners = new Set<{
    readonly exchange: string;
    readonly pattern: string;
    readonly listener: FanoutListener;
  }>();
  /** Thrown by `broadcast` and `listen`, for as long as it stands here. */
  problem: Error | undefined;
  /** Awaited by `broadcast`. */
  gate: Promise<void> | undefined;

  async broadcast(exchange: string, message: FanoutMessage): Promise<number> {
    await this.gate;
    if (this.problem) throw this.problem;
    this.sent.push({ exchange, message });
    return this.deliver(exchange, message);
  }

  deliver(exchange: string, message: FanoutMessage): number {
    const reached = [...this.listeners].filter((each) => each.exchange === exchange);
    for (const { listener } of reached) listener(message);
    return reached.length;
  }

  async listen(exchange: string, pattern: string, listener: FanoutListener) {
    if (this.problem) throw this.problem;
    const entry = { exchange, pattern, listener };
    this.listeners.add(entry);
    return { close: async () => void this.listeners.delete(entry) };
  }

  openReplies(): never {
    throw new Error('events have no replies');
  }

  reply(): never {
    throw new Error('events have no replies');
  }

  /** The bodies of the events, each with the routing key of its message. */
  get events(): readonly (readonly [string, ...Readonly<Record<string, unknown>>[]])[] {
    return this.sent.map(({ message }) => {
      const body = JSON.parse(Buffer.from(message.body).toString()) as
        Record<string, unknown> | Record<string, unknown>[];
      return [message.routingKey, ...(Array.isArray(body) ? body : [body])];
    });
  }
}

/** A dispatcher on a virtual clock, and what it logs. */
export function setupDispatcher(mostKept?: number) {
  const fanout = new FakeFanout();
  const clock = new VirtualClock();
  const logicalClock = new LogicalClock();
  const logged: string[] = [];
  const log = { log: (line: string) => void logged.push(line), warn: (line: string) => void logged.push(`! ${line}`) };
  const dispatcher = new EventDispatcher({
    fanout,
    hostname: 'w@h',
    pid: 7,
    clock,
    logicalClock,
    log,
    ...(mostKept !== undefined && { mostKept }),
  });
  return { fanout, clock, logicalClock, logged, log, dispatcher };
}
