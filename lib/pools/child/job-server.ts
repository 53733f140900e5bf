import { BodyControl } from '../body-control.js';
import type { JobRunner } from '../pool.interface.js';
import type { ChildChannel } from './child-channel.interface.js';
import type { Claims } from './claims.js';
import { frame, numbersOf } from './frames.js';
import type { MemoryWatch } from './memory-watch.js';
import { decodeError, encodeError, rebuildError } from './remote-error.js';

interface QueuedJob {
  readonly cell: number;
  readonly turn: number;
  readonly text: string;
}

interface RunningJob {
  readonly turn: number;
  readonly control: BodyControl;
}

export interface JobServerOptions {
  readonly channel: ChildChannel;
  readonly claims: Claims;
  readonly runner: JobRunner<string, string>;
  readonly slots: number;
  /** Answers what the supervisor asks; neither text may contain a line break. @defaultValue nothing is answered */
  readonly answer?: ((text: string) => Promise<string>) | undefined;
  /** Where the child may have only so much memory. */
  readonly memory: MemoryWatch | undefined;
  /** Called once, when the supervisor has asked for it and the last body has ended. */
  readonly onLeave: () => void;
}

/**
 * Runs the jobs of a child, in order, as many at once as it has slots.
 *
 * No body begins before the supervisor can know of it: the replies made so far and the word that these jobs begin leave the process in one write just before. So
 * whatever a body does to its process, what had ended counts as done and only what had begun is charged. It costs 2 µs a job against one
 * write a turn of the event loop, and also keeps a reply from waiting behind a long computation.
 */
export class JobServer {
  readonly #running = new Map<number, RunningJob>();
  #queue: QueuedJob[] = [];
  #head = 0;
  #isScheduled = false;
  #isBlocked = false;
  #isLeaving = false;

  constructor(private readonly options: JobServerOptions) {}

  receive(frames: readonly string[]): void {
    for (const text of frames) {
      switch (text[0]) {
        case 'J': {
          const { first: cell, second: turn, rest } = numbersOf(text, 2);
          this.#queue.push({ cell, turn, text: rest });
          break;
        }
        case 'C':
          this.#cancel(text);
          break;
        case 'Q':
          this.#answer(text);
          break;
        case 'P':
          this.options.channel.add(frame('L'));
          break;
        case 'X':
          this.#isLeaving = true;
          break;
        default: // no other comes this way
      }
    }
    this.#proceed();
  }

  /** Beside the jobs: it waits for no slot. */
  #answer(text: string): void {
    const { first: number, rest } = numbersOf(text, 1);
    const { answer = () => Promise.reject(new Error('its application answers nothing')) } = this.options;
    answer(rest).then(
      (reply) => this.#tell(frame('A', number, reply)),
      (error: unknown) => this.#tell(frame('N', number, encodeError(error))),
    );
  }

  #cancel(text: string): void {
    const { first: cell, second: turn, rest } = numbersOf(text, 2);
    const running = this.#running.get(cell);
    if (running?.turn === turn) running.control.abort(rebuildError(decodeError(rest)));
    else this.options.claims.recall(cell, turn); // before a body that ends of the same cancel makes room for it
  }

  #proceed(): void {
    if (this.#isBlocked) return;
    const { channel } = this.options;
    const next = this.#takeStartable();
    for (const { cell } of next) channel.add(frame('S', cell));
    if (channel.flush()) {
      this.#begin(next);
      return;
    }
    this.#isBlocked = true;
    channel.whenSent(() => {
      this.#isBlocked = false;
      this.#begin(next);
      this.#proceed();
    });
  }

  #takeStartable(): QueuedJob[] {
    const taken: QueuedJob[] = [];
    while (this.#running.size < this.options.slots && this.#head < this.#queue.length) {
      const job = this.#queue[this.#head++] as QueuedJob;
      if (!this.options.claims.start(job.cell, job.turn)) continue; // it was recalled meanwhile
      this.#running.set(job.cell, { turn: job.turn, control: new BodyControl() });
      taken.push(job);
    }
    if (this.#head === this.#queue.length && this.#head > 0) {
      this.#queue = [];
      this.#head = 0;
    }
    return taken;
  }

  #begin(jobs: readonly QueuedJob[]): void {
    for (const { cell, text } of jobs) {
      const control = this.#running.get(cell)?.control ?? new BodyControl();
      runSafely(this.options.runner, text, control).then(
        (reply) => this.#end(cell, reply.includes('\n') ? brokenReply(cell) : frame('D', cell, reply)),
        (error: unknown) => this.#end(cell, frame('E', cell, encodeError(error))),
      );
    }
    if (this.#isLeaving && this.#running.size === 0) {
      this.#isLeaving = false;
      this.options.onLeave();
    }
  }

  #end(cell: number, reply: string): void {
    this.#running.delete(cell);
    this.#tell(reply);
  }

  #tell(text: string): void {
    this.options.channel.add(text);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After all bodies that end in this turn, so that they share one write.
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#lookAtMemory();
      this.#proceed();
    });
  }

  #lookAtMemory(): void {
    const isIdle = this.#running.size === 0 && this.#head === this.#queue.length;
    const bytes = this.options.memory?.look(isIdle);
    if (bytes !== undefined) this.options.channel.add(frame('M', bytes));
  }
}

function brokenReply(cell: number): string {
  return frame('E', cell, encodeError(new Error('its reply contains a line break')));
}

async function runSafely(runner: JobRunner<string, string>, text: string, control: BodyControl): Promise<string> {
  return runner.run(text, control);
}
