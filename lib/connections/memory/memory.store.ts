import type { Clock } from '../../time/index.js';
import { ChordTable } from './chord-table.js';
import { ExpiringTexts } from './expiring-texts.js';
import { FanoutTable } from './fanout-table.js';
import { MessageTable, type MemoryMessage } from './message-table.js';
import { ResultTable } from './result-table.js';
import { RevocationTable } from './revocation-table.js';

/** One consumer of a store. */
export interface MemoryOwner {
  readonly node: string;
  /** `false` once it left without giving anything back, as a killed process does. */
  alive: boolean;
}

/** All that a memory broker and a memory result backend of one name share. Lost with the process. */
export class MemoryStore {
  readonly messages = new MessageTable();
  readonly results: ResultTable;
  readonly chords: ChordTable;
  /** What is to be looked at, and when. */
  readonly deadlines = new Map<string, { readonly atMs: number; readonly text: string }>();
  /** Saved groups by their ids. */
  readonly groups: ExpiringTexts;
  readonly revocations: RevocationTable;
  readonly fanout = new FanoutTable();
  readonly owners = new Map<string, MemoryOwner>();
  /** Claimed ticks to the time of their claim. */
  readonly ticks = new Map<string, number>();
  /** What its brokers count rates by. */
  readonly rates = new Map<string, unknown>();
  /** Queues that nothing is handed out of. */
  readonly paused = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private readonly publishListeners = new Set<(message: MemoryMessage) => void>();

  /** @param location equal for a broker and a backend on one store, as in `memory:orders` */
  constructor(
    readonly location: string,
    readonly clock: Clock,
    capacity: { readonly revocations: number } = { revocations: 50_000 },
  ) {
    this.results = new ResultTable(clock);
    this.chords = new ChordTable(clock);
    this.groups = new ExpiringTexts(clock);
    this.revocations = new RevocationTable(clock, capacity.revocations);
  }

  /** Calls back whenever there may be something to take; returns how to stop. */
  onMessages(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  announceMessages(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Calls back with each message that is published, by whomever, in the turn in which it is; returns how to stop. */
  onPublished(listener: (message: MemoryMessage) => void): () => void {
    this.publishListeners.add(listener);
    return () => this.publishListeners.delete(listener);
  }

  announcePublished(message: MemoryMessage): void {
    for (const listener of this.publishListeners) listener(message);
  }
}
