import type { Clock, Timer } from '../../time/index.js';
import type { Child } from './child.js';

/** A child whose event loop does not turn while bodies run in it. */
export interface ChildStall {
  /** For the log. */
  readonly child: string;
  readonly silentMs: number;
  /** Texts of the jobs whose bodies run in it, the oldest first. */
  readonly jobs: readonly string[];
}

export interface StallWatchOptions<Reply> {
  readonly children: () => readonly Child<Reply>[];
  readonly clock: Clock;
  /** Silence that is told of. @unit milliseconds */
  readonly afterMs: number;
  /** Told once of each stall. */
  readonly onStalled: (stall: ChildStall) => void;
}

/** How often a stall is looked for while it becomes one. */
const LOOKS = 4;
const SHORTEST_LOOK_MS = 100;

/** Notices children that compute, or hang, without a pause: asks those that run bodies for a sign of life now and then. While nothing runs it does nothing. */
export class StallWatch<Reply> {
  #timer: Timer | undefined;

  constructor(private readonly options: StallWatchOptions<Reply>) {}

  /** A body has begun somewhere. */
  arm(): void {
    if (this.#timer !== undefined) return;
    const everyMs = Math.max(SHORTEST_LOOK_MS, this.options.afterMs / LOOKS);
    this.#timer = this.options.clock.setTimer(() => this.#look(), everyMs, { ref: false });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    this.#timer = undefined;
    const { children, clock } = this.options;
    const nowMs = clock.monotonic();
    let isBusy = false;
    for (const child of children()) {
      if (child.count === child.unstarted) continue;
      isBusy = true;
      this.#lookAt(child, nowMs);
    }
    if (isBusy) this.arm();
  }

  #lookAt(child: Child<Reply>, nowMs: number): void {
    const { afterMs, onStalled } = this.options;
    if (child.askedAtMs === undefined) return child.askForSign(nowMs);
    const silentMs = nowMs - child.askedAtMs;
    if (silentMs < afterMs || child.isToldStalled) return;
    child.isToldStalled = true;
    const jobs = child.jobs().filter(({ state }) => state === 'started');
    onStalled({ child: child.name, silentMs, jobs: jobs.map(({ text }) => text) });
  }
}
