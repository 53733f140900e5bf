import { openMemoryStore, releaseMemoryStore, type MemoryMessage, type MemoryStore } from '../connections/index.js';
import { fromWirePriority } from '../client/index.js';
import type { ResolvedModuleOptions } from '../nest/index.js';
import { EnvelopeMessage, readTaskMessage, type TaskMessage } from '../protocol/index.js';
import { Serialization } from '../serialization/index.js';
import type { Clock } from '../time/index.js';
import type { DeadTask, SentTask } from './recorded-tasks.js';

interface Sending {
  readonly message: MemoryMessage;
  readonly read: TaskMessage;
  readonly sentMs: number;
  readonly retriesMs: number[];
}

/** What one instance of the module has instead of its own broker and results, and what was sent through it. */
export class InstanceStore {
  readonly queuesSeen = new Set<string>();
  readonly #store: MemoryStore;
  readonly #stopListening: () => void;
  readonly #serialization: Serialization;
  readonly #sendings = new Map<string, Sending>();

  /** @param url of its own, so that nothing is shared with another test */
  constructor(
    readonly instance: string,
    readonly url: string,
    options: ResolvedModuleOptions,
    private readonly clock: Clock,
    private readonly onSent: (sent: SentTask) => void,
  ) {
    this.#serialization = new Serialization(options.serialization);
    this.#store = openMemoryStore(url, clock);
    this.#stopListening = this.#store.onPublished((message) => this.#record(message));
  }

  /** In the order of sending. */
  get sent(): readonly SentTask[] {
    return [...this.#sendings.values()].map((sending) => this.#describe(sending));
  }

  /** Oldest first. */
  get dead(): readonly DeadTask[] {
    return [...this.queuesSeen]
      .flatMap((queue) => this.#store.messages.dead(queue))
      .map((message) => this.#describeDead(message))
      .sort((a, b) => a.diedAt.getTime() - b.diedAt.getTime());
  }

  /** When the next parked message is due. */
  get nextDueMs(): number | undefined {
    return this.#store.messages.nextDueMs;
  }

  /** Messages of these queues that have not ended. */
  pendingIn(queues: readonly string[]): { readonly held: number; readonly waiting: number; readonly parked: number } {
    const total = { held: 0, waiting: 0, parked: 0 };
    for (const queue of queues) {
      const { held, waiting, parked } = this.#store.messages.count(queue);
      total.held += held;
      total.waiting += waiting;
      total.parked += parked;
    }
    return total;
  }

  close(): void {
    this.#stopListening();
    releaseMemoryStore(this.#store);
  }

  #record(message: MemoryMessage): void {
    this.queuesSeen.add(message.queue);
    const read = this.#read(message);
    const { id, retries, etaMs } = read.head;
    const known = this.#sendings.get(id);
    if (retries > 0 && known !== undefined) {
      known.retriesMs.push(etaMs ?? this.clock.now());
      return;
    }
    const sending: Sending = { message, read, sentMs: this.clock.now(), retriesMs: [] };
    this.#sendings.set(known === undefined ? id : `${id} ${this.#sendings.size}`, sending); // an id may be given twice
    this.onSent(this.#describe(sending));
  }

  #describe({ message, read: { head, body }, sentMs, retriesMs }: Sending): SentTask {
    const { args, kwargs } = body();
    return {
      id: head.id,
      task: head.task,
      args,
      kwargs,
      queue: message.queue,
      instance: this.instance,
      sentAt: new Date(sentMs),
      eta: dateOf(head.etaMs),
      countdownMs: head.etaMs === undefined ? undefined : head.etaMs - sentMs,
      expires: dateOf(head.expiresMs),
      priority: fromWirePriority(head.priority, 'lowest-first'),
      headers: head.headers,
      ignoreResult: head.ignoreResult ?? false,
      timeLimitMs: head.timeLimitMs,
      softTimeLimitMs: head.softTimeLimitMs,
      parentId: head.parentId,
      retries: retriesMs.map((ms) => new Date(ms)),
    };
  }

  #describeDead({ queue, death, envelope }: MemoryMessage): DeadTask {
    const { reason = '', error = '', atMs = 0 } = death ?? {};
    const read = attempt(() => this.#read({ envelope }));
    const body = read && attempt(() => read.body());
    return {
      reason,
      error,
      diedAt: new Date(atMs),
      queue,
      instance: this.instance,
      task: read?.head.task,
      id: read?.head.id,
      args: body?.args,
      kwargs: body?.kwargs,
    };
  }

  #read({ envelope }: Pick<MemoryMessage, 'envelope'>): TaskMessage {
    return readTaskMessage(new EnvelopeMessage(envelope), (content) => this.#serialization.decode(content));
  }
}

/** A dead letter may have died of being unreadable. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
