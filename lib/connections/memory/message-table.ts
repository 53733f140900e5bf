import { Heap } from './heap.js';

/** What is known of a message that was given up. */
export interface MemoryDeath {
  readonly reason: string;
  readonly error: string;
  readonly atMs: number;
}

/**
 * A message, in one of four states:
 * - `waiting`: taken → `held`; purged → gone
 * - `held`: settled → gone, `waiting`, `parked` or `dead`; its owner died → `waiting`
 * - `parked`: due → `waiting`; purged → gone
 * - `dead`: redriven → gone, in favour of a new message; purged → gone
 */
export interface MemoryMessage {
  readonly id: number;
  readonly queue: string;
  readonly priority: number;
  envelope: string;
  state: 'waiting' | 'held' | 'parked' | 'dead';
  /** Order within queue and priority. */
  position: number;
  dueMs: number;
  owner: string;
  take: number;
  losses: number;
  started: boolean;
  redelivered: boolean;
  death: MemoryDeath | undefined;
}

/** What a new message starts with. */
export interface NewMemoryMessage {
  readonly queue: string;
  readonly priority: number;
  readonly envelope: string;
  /** Parked until then. */
  readonly dueMs?: number | undefined;
}

/** Before every message that was not parked, the earliest due time first. */
const PROMOTED = 1e13;

/** The messages of one store and the moves between their states. Knows nothing of what is in them. */
export class MessageTable {
  private readonly messages = new Map<number, MemoryMessage>();
  private readonly waiting = new Map<string, Heap<MemoryMessage>>();
  private readonly held = new Map<string, Map<number, MemoryMessage>>();
  private readonly parked = new Heap<MemoryMessage>(
    (a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id),
  );
  private lastId = 0;

  add(fresh: NewMemoryMessage): MemoryMessage {
    const id = ++this.lastId;
    const message: MemoryMessage = {
      id,
      queue: fresh.queue,
      priority: fresh.priority,
      envelope: fresh.envelope,
      state: 'waiting',
      position: id,
      dueMs: 0,
      owner: '',
      take: 0,
      losses: 0,
      started: false,
      redelivered: false,
      death: undefined,
    };
    this.messages.set(id, message);
    if (fresh.dueMs === undefined) this.wait(message);
    else this.park(message, fresh.dueMs);
    return message;
  }

  /** Makes what is due wait, before all that was not parked. */
  promote(nowMs: number): number {
    let promoted = 0;
    for (let next = this.parked.peek(); next !== undefined && next.dueMs <= nowMs; next = this.parked.peek()) {
      this.parked.pop();
      next.position = next.dueMs - PROMOTED;
      this.wait(next);
      promoted += 1;
    }
    return promoted;
  }

  get nextDueMs(): number | undefined {
    return this.parked.peek()?.dueMs;
  }

  /** The next one of a queue: least priority figure first, then by position. */
  peek(queue: string): MemoryMessage | undefined {
    return this.waiting.get(queue)?.peek();
  }

  /** Moves the next one of a queue to its new owner. */
  hold(queue: string, owner: string, take: number): MemoryMessage | undefined {
    const message = this.waiting.get(queue)?.pop();
    if (message === undefined) return undefined;
    Object.assign(message, { state: 'held', owner, take } satisfies Partial<MemoryMessage>);
    let mine = this.held.get(owner);
    if (mine === undefined) this.held.set(owner, (mine = new Map()));
    mine.set(message.id, message);
    return message;
  }

  /** The message, while this very take of it is still held. */
  findHeld(id: number, owner: string, take: number): MemoryMessage | undefined {
    const message = this.held.get(owner)?.get(id);
    return message?.take === take ? message : undefined;
  }

  heldBy(owner: string): MemoryMessage[] {
    return [...(this.held.get(owner)?.values() ?? [])];
  }

  /** From held to gone. */
  remove(message: MemoryMessage): void {
    this.letGo(message);
    this.messages.delete(message.id);
  }

  /** From held back to its place. */
  giveBack(message: MemoryMessage, change: { readonly redelivered: boolean; readonly losses: number }): void {
    const { redelivered, losses } = change;
    this.letGo(message);
    Object.assign(message, { redelivered, losses } satisfies Partial<MemoryMessage>);
    this.wait(message);
  }

  /** To parked, from held or as new. */
  park(message: MemoryMessage, dueMs: number): void {
    this.letGo(message);
    message.state = 'parked';
    message.dueMs = dueMs;
    this.parked.push(message);
  }

  /** From held to dead. */
  bury(message: MemoryMessage, envelope: string, death: MemoryDeath): void {
    this.letGo(message);
    Object.assign(message, { state: 'dead', envelope, death } satisfies Partial<MemoryMessage>);
  }

  /** Oldest first. */
  dead(queue: string): MemoryMessage[] {
    return [...this.messages.values()]
      .filter((message) => message.state === 'dead' && message.queue === queue)
      .sort((a, b) => (a.death?.atMs ?? 0) - (b.death?.atMs ?? 0) || a.id - b.id);
  }

  /** From dead to gone. */
  exhume(id: number): void {
    this.messages.delete(id);
  }

  waitingIn(queue: string): MemoryMessage[] {
    return [...this.messages.values()].filter((message) => message.state === 'waiting' && message.queue === queue);
  }

  /** The earliest due first. */
  parkedIn(queue: string): MemoryMessage[] {
    return [...this.messages.values()]
      .filter((message) => message.state === 'parked' && message.queue === queue)
      .sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
  }

  count(queue: string): Record<MemoryMessage['state'], number> {
    const counts = { waiting: 0, held: 0, parked: 0, dead: 0 };
    for (const message of this.messages.values()) if (message.queue === queue) counts[message.state] += 1;
    return counts;
  }

  /** Deletes what waits or is parked. */
  purge(queue: string): number {
    const gone = [
      ...(this.waiting.get(queue)?.removeAll(() => true) ?? []),
      ...this.parked.removeAll((message) => message.queue === queue),
    ];
    for (const message of gone) this.messages.delete(message.id);
    return gone.length;
  }

  private wait(message: MemoryMessage): void {
    message.state = 'waiting';
    let queue = this.waiting.get(message.queue);
    if (queue === undefined) this.waiting.set(message.queue, (queue = new Heap(comesFirst)));
    queue.push(message);
  }

  private letGo(message: MemoryMessage): void {
    if (message.state !== 'held') return;
    const mine = this.held.get(message.owner);
    mine?.delete(message.id);
    if (mine?.size === 0) this.held.delete(message.owner);
    Object.assign(message, { owner: '', take: 0, started: false } satisfies Partial<MemoryMessage>);
  }
}

function comesFirst(a: MemoryMessage, b: MemoryMessage): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  return a.position < b.position || (a.position === b.position && a.id < b.id);
}
