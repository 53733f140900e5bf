import type { DeadlineStore } from '../backends/index.js';
import type { OutgoingMessage } from '../protocol/index.js';
import type { Clock, Timer } from '../time/index.js';

export interface ChordWatchOptions {
  readonly deadlines: DeadlineStore;
  /** Makes the message that ends a chord. @param text what was kept for it */
  readonly message: (groupId: string, text: string) => OutgoingMessage;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  readonly clock: Clock;
  readonly log: { warn(message: string): void };
  /** A number in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/** From one look to the next, more or less. */
const LOOK_MS = 30_000;
const SPREAD = 0.3;
/** Chords of one look. */
const MOST = 100;

/** Looks now and then for chords that should have ended, and has them fail, so that none stays open because a member of its header was lost. */
export class ChordWatch {
  private timer: Timer | undefined;
  private looking: Promise<void> = Promise.resolve();
  private isStopped = true;

  constructor(private readonly options: ChordWatchOptions) {}

  start(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    this.plan();
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.looking;
  }

  private plan(): void {
    const { clock, random = Math.random } = this.options;
    const waitMs = LOOK_MS * (1 + SPREAD * (2 * random() - 1));
    this.timer = clock.setTimer(() => {
      this.looking = this.look();
    }, waitMs);
  }

  private async look(): Promise<void> {
    const { deadlines, message, publish, log } = this.options;
    try {
      const due = await deadlines.due(MOST);
      if (due.length > 0) {
        log.warn(`${due.length === 1 ? 'A chord has' : `${due.length} chords have`} not ended by their deadline.`);
        await publish(due.map(({ key, text }) => message(key, text)));
      }
    } catch (error) {
      log.warn(
        `Could not look for late chords, trying again: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (!this.isStopped) this.plan();
  }
}
