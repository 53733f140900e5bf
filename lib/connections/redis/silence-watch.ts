import { untilTick, type Clock, type Timer } from '../../time/index.js';
import type { Argument } from './redis-command.js';

const LOOK_MS = 1_000;
/** Looks at which nothing has come, while replies are due, after which a connection counts as broken. */
const SILENT_LOOKS = 2;
/** Each so many characters under way are worth another look: a slow network is not a broken one. */
const TEXT_A_LOOK = 256 * 1024;

export interface SilenceWatchSetup {
  readonly clock: Clock;
  /** How long a command may wait at the server before it answers. */
  readonly blocksMs: number;
  /** Bytes that have come so far. */
  readonly bytesRead: () => number;
  readonly onSilence: () => void;
}

/**
 * Notices that nothing comes on a connection from which replies are due: its other end may be gone without a word. Counts looks
 * rather than time, so that a process that was suspended gives its connections a chance.
 */
export class SilenceWatch {
  private due = 0;
  private textDue = 0;
  private silentLooks = 0;
  private bytesSeen = 0;
  private timer: Timer | undefined;

  constructor(private readonly setup: SilenceWatchSetup) {}

  /** @returns what ends it: the reply has come, or will not come */
  expect(args: readonly Argument[]): () => void {
    let text = 0;
    for (const arg of args) if (typeof arg !== 'number') text += arg.length;
    if (this.due === 0) this.bytesSeen = this.setup.bytesRead();
    this.due += 1;
    this.textDue += text;
    if (this.timer === undefined) this.lookLater();
    return () => {
      this.due -= 1;
      this.textDue -= text;
      this.silentLooks = 0;
    };
  }

  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private lookLater(): void {
    const { clock } = this.setup;
    this.timer = clock.setTimer(() => this.look(), untilTick(clock, LOOK_MS), { ref: false });
  }

  private look(): void {
    this.timer = undefined;
    if (this.due === 0) return;
    const { bytesRead, blocksMs, onSilence } = this.setup;
    const bytes = bytesRead();
    this.silentLooks = bytes === this.bytesSeen ? this.silentLooks + 1 : 0; // a long reply comes in parts
    this.bytesSeen = bytes;
    this.lookLater();
    if (this.silentLooks <= SILENT_LOOKS + blocksMs / LOOK_MS + this.textDue / TEXT_A_LOOK) return;
    this.silentLooks = 0;
    onSilence();
  }
}
