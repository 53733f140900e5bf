import { WorkerProcess } from '../tools/worker-process.js';
import { until } from '../tools/until.js';
import type { RunLogReader } from './run-log-reader.js';
import type { StoreEyes } from './store-eyes.js';

export type PoolKind = 'prefork' | 'threads' | 'async' | 'solo';
export const poolKinds: readonly PoolKind[] = ['prefork', 'threads', 'async', 'solo'];

export interface FleetOptions {
  /** The compiled worker of the chaos app. */
  readonly workerFile: string;
  readonly storeUrl: string;
  /** How long a worker may be silent, where the store asks. @defaultValue the library's */
  readonly leaseMs?: number | undefined;
  /** The shortest visibility timeout of Python workers beside it. @defaultValue the library's */
  readonly visibilityMs?: number | undefined;
  /** Of the run: its log of starts and the workers' output are in it. */
  readonly folder: string;
  readonly pool: PoolKind;
  readonly concurrency: number;
}

/** What one worker has of its own. */
export interface FleetChange extends Partial<Pick<FleetOptions, 'storeUrl' | 'pool' | 'concurrency'>> {
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** How long a worker may take to boot on a loaded machine. */
const BOOT_MS = 60_000;

/** The workers of a run. One that is killed is started again by whoever killed it, or, where told to, whenever it ends. */
export class Fleet {
  readonly workers = new Set<WorkerProcess>();
  /** How often a worker ended that was not asked to. */
  deaths = 0;
  #isStopping = false;

  constructor(
    private readonly options: FleetOptions,
    private readonly log: RunLogReader,
    private readonly view: StoreEyes,
  ) {}

  /** Resolves when all its bodies' places are up, and the store knows it. */
  async start(change: FleetChange = {}): Promise<WorkerProcess> {
    const { workerFile, storeUrl, leaseMs, visibilityMs, folder, pool, concurrency } = { ...this.options, ...change };
    const worker = WorkerProcess.start({
      file: workerFile,
      env: {
        TASK_QUEUE_BROKER_URL: storeUrl,
        TASK_QUEUE_POOL: pool,
        TASK_QUEUE_CONCURRENCY: String(pool === 'solo' ? 1 : concurrency),
        ...(leaseMs !== undefined && { CHAOS_LEASE_MS: String(leaseMs) }),
        ...(visibilityMs !== undefined && { CHAOS_VISIBILITY_MS: String(visibilityMs) }),
        CHAOS_LOG: `${folder}/run.log`,
        NO_COLOR: '1',
        ...change.env,
      },
      logFile: `${folder}/workers.log`,
    });
    const places = pool === 'prefork' ? concurrency : 1;
    const isUp = async (): Promise<boolean> =>
      this.childrenOf(worker).length >= places && (await this.view.ownerOf(worker.pid)) !== undefined;
    await until(async () => worker.isOver || (await isUp()), {
      withinMs: BOOT_MS,
      what: `Worker ${worker.pid} (${pool}) is up`,
      detail: () => worker.tail(),
    });
    if (this.childrenOf(worker).length < places) throw new Error(`A worker ended while it booted.\n${worker.tail()}`);
    this.workers.add(worker);
    void worker.ended.then(() => this.workers.delete(worker));
    return worker;
  }

  /** Starts a worker, and another one whenever it ends, until `stop`. */
  async keep(): Promise<void> {
    const worker = await this.start();
    void worker.ended.then(() => {
      if (this.#isStopping) return;
      this.deaths += 1;
      void this.keep();
    });
  }

  /** Processes that have booted the application for this worker; the worker itself where it runs bodies. */
  childrenOf(worker: WorkerProcess): readonly number[] {
    return this.log.read().booted.get(worker.pid) ?? [];
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.workers].map((worker) => worker.stop()));
  }
}
