import { closeSync, openSync, watch, writeSync, type FSWatcher } from 'node:fs';
import path from 'node:path';
import type { Clock, Timer } from '../../time/index.js';

/** What processes tell one another: that there may be messages to take, results to read, revocations to follow, something said to all. */
export type Channel = 'messages' | 'results' | 'revoked' | 'fanout';

/** At most one write to a file in this time: those who are woken look at everything anyway. */
const QUIET_MS = 2;

/**
 * Wakes other processes: one file a channel, which is written to by whoever has news and watched by whoever waits for them.
 * Only a wake-up, which may be lost or come too often; the store's look once a second is the net.
 */
export class NotifyFiles {
  private readonly writers = new Map<Channel, number>();
  private readonly watchers = new Map<Channel, FSWatcher>();
  private readonly writtenMs = new Map<Channel, number>();
  private readonly pending = new Map<Channel, Timer>();

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
  ) {}

  signal(channel: Channel): void {
    if (this.pending.has(channel)) return;
    const quietMs = (this.writtenMs.get(channel) ?? -Infinity) + QUIET_MS - this.clock.monotonic();
    if (quietMs <= 0) return this.write(channel);
    const timer = this.clock.setTimer(() => {
      this.pending.delete(channel);
      this.write(channel);
    }, quietMs);
    this.pending.set(channel, timer);
  }

  /** Calls back when some process has signalled, this one included. */
  watch(channel: Channel, listener: () => void): void {
    if (this.watchers.has(channel)) return;
    try {
      closeSync(openSync(this.fileOf(channel), 'a', 0o600));
      const watcher = watch(this.fileOf(channel), { persistent: false }, listener);
      watcher.on('error', () => this.unwatch(channel));
      this.watchers.set(channel, watcher);
    } catch {
      // No watches left on this machine, or none to be had on this file system: the look once a second has to do.
    }
  }

  unwatch(channel: Channel): void {
    this.watchers.get(channel)?.close();
    this.watchers.delete(channel);
  }

  close(): void {
    for (const channel of [...this.watchers.keys()]) this.unwatch(channel);
    for (const [channel, timer] of this.pending) {
      timer.cancel();
      this.write(channel);
    }
    for (const file of this.writers.values()) closeSync(file);
    this.writers.clear();
    this.pending.clear();
  }

  private write(channel: Channel): void {
    this.writtenMs.set(channel, this.clock.monotonic());
    try {
      let file = this.writers.get(channel);
      if (file === undefined) this.writers.set(channel, (file = openSync(this.fileOf(channel), 'r+')));
      writeSync(file, '.', 0);
    } catch {
      // Nobody has ever watched it, or the disk is full: whoever waits finds the news at his next look.
    }
  }

  private fileOf(channel: Channel): string {
    return path.join(this.folder, 'notify', channel);
  }
}
