import { setTimeout as pause } from 'node:timers/promises';
import { nowMs } from './run-log-reader.js';

const BEAT_MS = 50;

/**
 * How long this process, through whose proxy the workers talk, or the server kept anything waiting: on a machine with other work both
 * may stand still for longer than a short lease, and what follows from that is no fault of the workers.
 */
export class MachineWatch {
  #longestMs = 0;
  #isOver = false;
  readonly #running: Promise<void>;

  /** @param ask anything of the server, if there is one */
  constructor(ask: () => Promise<unknown>) {
    this.#running = this.#watch(ask);
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #watch(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#isOver) {
      const beganMs = nowMs();
      await pause(BEAT_MS);
      await ask().catch(() => undefined);
      this.#longestMs = Math.max(this.#longestMs, nowMs() - beganMs - BEAT_MS);
    }
  }
}
