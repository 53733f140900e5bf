import { ControlCommandError, PoolResizeError } from '../../errors/index.js';
import type { Pool, PoolOutcome, RunOptions } from '../pool.interface.js';

/** One of several pools that stand for one. */
export interface PoolPart<Job, Reply> {
  readonly name: string;
  readonly pool: Pool<Job, Reply>;
}

export interface MixedPoolOptions<Job, Reply> {
  /** At least one. The first is for jobs that ask for none of them; what is asked of the whole and names none is asked of it. */
  readonly parts: readonly PoolPart<Job, Reply>[];
  /** Name of the part that a job asks for. */
  readonly partOf: (job: Job) => string | undefined;
}

/**
 * Several pools as one: each job runs in the part that it asks for, where it waits only for others of that part. Whatever happens to the processes or
 * threads of one part, the others go on.
 */
export class MixedPool<Job, Reply> implements Pool<Job, Reply> {
  readonly parts: readonly PoolPart<Job, Reply>[];
  readonly #first: Pool<Job, Reply>;
  readonly #byName: ReadonlyMap<string | undefined, Pool<Job, Reply>>;
  #started: Promise<unknown> | undefined;

  constructor(private readonly options: MixedPoolOptions<Job, Reply>) {
    this.parts = options.parts;
    this.#first = (options.parts[0] as PoolPart<Job, Reply>).pool;
    this.#byName = new Map(options.parts.map(({ name, pool }) => [name, pool]));
  }

  /** Of all of them. */
  get limit(): number {
    return this.parts.reduce((sum, { pool }) => sum + pool.limit, 0);
  }

  get size(): number {
    return this.parts.reduce((sum, { pool }) => sum + pool.size, 0);
  }

  /**
   * The part of that name, or the first.
   * @throws {PoolResizeError} when there is none
   */
  part(name: string | undefined): Pool<Job, Reply> {
    const pool = name === undefined ? this.#first : this.#byName.get(name);
    if (pool !== undefined) return pool;
    const known = this.parts.map((part) => `"${part.name}"`).join(', ');
    throw new PoolResizeError(
      `The pool "${String(name)}" cannot be resized: there is none. This worker has ${known}.`,
      String(name),
      0,
    );
  }

  grow(count: number): void {
    this.#first.grow(count);
  }

  shrink(count: number): void {
    this.#first.shrink(count);
  }

  /** All parts that have children. */
  restart(): void {
    for (const { pool } of this.parts) pool.restart?.();
  }

  onResize(listener: () => void): void {
    for (const { pool } of this.parts) pool.onResize(listener);
  }

  pids(): readonly number[] {
    return [...new Set(this.parts.flatMap(({ pool }) => pool.pids?.() ?? [process.pid]))];
  }

  async ask(text: string): Promise<string> {
    const part = this.parts.find(({ pool }) => pool.ask !== undefined);
    if (part?.pool.ask === undefined) throw new ControlCommandError('No pool of this worker has children.');
    return part.pool.ask(text);
  }

  /** The first part alone, then all others at once. @returns the first report */
  start(): Promise<unknown> {
    this.#started ??= this.#boot();
    return this.#started;
  }

  run(job: Job, options: RunOptions = {}): Promise<PoolOutcome<Reply>> {
    return this.#poolOf(job).run(job, options);
  }

  submit(job: Job, options: RunOptions, onEnd: (outcome: PoolOutcome<Reply>) => void): void {
    this.#poolOf(job).submit(job, options, onEnd);
  }

  async stop(mode: 'drain' | 'kill'): Promise<void> {
    await Promise.all(this.parts.map(({ pool }) => pool.stop(mode)));
  }

  #poolOf(job: Job): Pool<Job, Reply> {
    return this.#byName.get(this.options.partOf(job)) ?? this.#first;
  }

  async #boot(): Promise<unknown> {
    try {
      const first = await this.#first.start();
      const reports = await Promise.all(this.parts.map(({ pool }) => pool.start()));
      return first ?? reports.find((report) => report !== undefined);
    } catch (error) {
      void this.stop('kill');
      throw error;
    }
  }
}
