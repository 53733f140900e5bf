import { Worker } from 'node:worker_threads';
import type { ResultBackend } from '../../backends/index.js';
import type { Delivery, LeaseKeeperData } from '../../brokers/index.js';
import { TimeLimitExceeded } from '../../errors/index.js';
import type { TaskHead } from '../../protocol/index.js';
import { systemClock, type Timer } from '../../time/index.js';
import { failureRecord, type TaskWatch, type WorkerLog } from '../../worker/index.js';
import type { GuardData, GuardMessage } from './guard-messages.js';
import { guardThreadPath } from './thread-location.js';

export interface StallGuardOptions {
  readonly keeper: LeaseKeeperData;
  readonly backend: ResultBackend | undefined;
  readonly stallWarningMs: number;
  readonly stallTimeoutMs: number | undefined;
  readonly log: Pick<WorkerLog, 'warn'>;
}

const BEAT_MS = 250;
const NAME_BYTES = 256;

/**
 * Looks after a worker whose bodies run on its own event loop, from a thread that none of them can block: it warns of a
 * blocked loop, ends a body that blocks it beyond its hard limit, and fences the worker after `stallTimeout`.
 */
export class StallGuard implements TaskWatch {
  private readonly beat = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  private readonly lastStarted = new Uint8Array(new SharedArrayBuffer(NAME_BYTES));
  private readonly lastStartedText = Buffer.from(this.lastStarted.buffer);
  private readonly limited = new Set<string>();
  private readonly thread: Worker;
  private timer: Timer | undefined;

  constructor(private readonly options: StallGuardOptions) {
    this.giveSign();
    const data: GuardData = {
      beat: this.beat,
      lastStarted: this.lastStarted,
      keeper: options.keeper,
      stallWarningMs: options.stallWarningMs,
      stallTimeoutMs: options.stallTimeoutMs,
    };
    this.thread = new Worker(guardThreadPath(), { workerData: data });
    // A guard that fails takes its protection along, and nothing else.
    this.thread.on('error', (error) =>
      options.log.warn(`The guard of this worker's event loop ended: ${error.message}`),
    );
    this.thread.unref();
  }

  started(delivery: Delivery, head: TaskHead, timeLimitMs: number | undefined): void {
    const written = this.lastStartedText.write(`${head.task}[${head.id}]`);
    if (written < NAME_BYTES) this.lastStarted[written] = 0;
    if (timeLimitMs === undefined) return;

    const startedAtMs = systemClock.now();
    const error = new TimeLimitExceeded(timeLimitMs);
    const record = failureRecord(head, 'FAILURE', error, startedAtMs + timeLimitMs);
    const results = this.options.backend?.encode?.([record]) ?? [];
    const { tag } = delivery;
    this.limited.add(tag);
    this.post({ as: 'started', body: { tag, task: head.task, id: head.id, startedAtMs, timeLimitMs, results } });
  }

  ended({ tag }: Delivery): void {
    if (this.limited.size > 0 && this.limited.delete(tag)) this.post({ as: 'ended', tag });
  }

  async close(): Promise<void> {
    this.timer?.cancel();
    await this.thread.terminate();
  }

  private giveSign(): void {
    this.beat[0] = systemClock.now();
    this.timer = systemClock.setTimer(() => this.giveSign(), BEAT_MS, { ref: false });
  }

  /** At once, not at the end of the turn: the body that is about to start may never give this loop another one. */
  private post(message: GuardMessage): void {
    this.thread.postMessage(message);
  }
}
