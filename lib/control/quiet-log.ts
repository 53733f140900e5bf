import type { Clock } from '../time/index.js';

/** Where those who give and obey commands write what goes wrong; a worker's log fits. */
export interface ControlLog {
  log(message: string): void;
  warn(message: string): void;
}

const LOG_EVERY_MS = 1_000;

/** A log that a flood of messages does not flood: one line a second, which says how many it stands for. */
export class QuietLog {
  private toldMs = -Infinity;
  private untold = 0;

  constructor(
    private readonly log: ControlLog,
    private readonly clock: Clock,
  ) {}

  warn(message: string): void {
    const nowMs = this.clock.monotonic();
    if (nowMs - this.toldMs < LOG_EVERY_MS) {
      this.untold += 1;
      return;
    }
    this.log.warn(this.untold === 0 ? message : `${message} (and ${this.untold} lines like this since the last)`);
    this.toldMs = nowMs;
    this.untold = 0;
  }
}
