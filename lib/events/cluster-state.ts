import type { Clock } from '../time/index.js';
import { newClusterTask, taskIdOf, updateClusterTask, type ClusterTask, type TaskOfCluster } from './cluster-task.js';
import type { ReceivedEvent } from './received-event.js';

/** A worker as events tell of it. What it has not told is `undefined`. */
export interface ClusterWorker {
  /** Node name. */
  readonly hostname: string;
  /** Whether it has told of itself lately: within twice the time between its heartbeats. */
  readonly isAlive: boolean;
  readonly pid: number | undefined;
  /** When it told of itself last, by this process's clock. @unit milliseconds since the epoch */
  readonly heardMs: number;
  /** Time between its heartbeats. */
  readonly intervalMs: number | undefined;
  readonly active: number | undefined;
  readonly processed: number | undefined;
  readonly loadAverage: readonly number[] | undefined;
  readonly software: string | undefined;
  readonly softwareVersion: string | undefined;
  readonly system: string | undefined;
}

export interface ClusterStateOptions {
  /** Then those heard of first are forgotten. @defaultValue 10000 @source celery/events/state.py `max_tasks_in_memory` */
  readonly mostTasks?: number;
  /** @defaultValue 5000 @source celery/events/state.py `max_workers_in_memory` */
  readonly mostWorkers?: number;
}

/** Of tasks to be listed. */
export interface ClusterTaskFilter {
  readonly name?: string;
  readonly state?: string;
  /** Node name of the worker that told of it last. */
  readonly worker?: string;
}

type KnownWorker = { -readonly [Field in keyof Omit<ClusterWorker, 'isAlive'>]: ClusterWorker[Field] };

const MOST_TASKS = 10_000;
const MOST_WORKERS = 5_000;
/** For a worker that does not say how often it tells. @source celery/events/state.py `DEFAULT_FREQ` */
const INTERVAL_MS = 60_000;
/** @source celery/events/state.py `HEARTBEAT_EXPIRE_WINDOW` */
const EXPIRE_WINDOW = 2;

/**
 * What events have told of a cluster so far: its workers, and its newest tasks.
 * @source celery/events/state.py `State`
 */
export class ClusterState {
  private readonly known = new Map<string, KnownWorker>();
  private readonly byId = new Map<string, TaskOfCluster>();
  private events = 0;

  constructor(
    private readonly clock: Clock,
    private readonly options: ClusterStateOptions = {},
  ) {}

  /** Events that were applied. */
  get eventCount(): number {
    return this.events;
  }

  /** Tasks that are known. */
  get taskCount(): number {
    return this.byId.size;
  }

  /** Learns from an event. */
  apply(event: ReceivedEvent): void {
    this.events += 1;
    const { type } = event;
    const id = taskIdOf(event);
    if (type.startsWith('worker-')) this.applyToWorker(event);
    else if (id !== undefined) this.applyToTask(id, event);
  }

  /** All workers that told of themselves and not of their end, in the order in which they were first heard of. */
  workers(): readonly ClusterWorker[] {
    return [...this.known.values()].map((worker) => this.show(worker));
  }

  /** Those of them that live. */
  aliveWorkers(): readonly ClusterWorker[] {
    return this.workers().filter(({ isAlive }) => isAlive);
  }

  /** `undefined` for one that was never heard of, or has told of its end. */
  worker(hostname: string): ClusterWorker | undefined {
    const worker = this.known.get(hostname);
    return worker && this.show(worker);
  }

  /** Those heard of last come first. */
  tasks(filter: ClusterTaskFilter = {}): readonly ClusterTask[] {
    const { name, state, worker } = filter;
    return [...this.byId.values()]
      .filter(
        (task) =>
          (name === undefined || task.name === name) &&
          (state === undefined || task.state === state) &&
          (worker === undefined || task.worker === worker),
      )
      .map((task) => ({ ...task }))
      .reverse();
  }

  task(id: string): ClusterTask | undefined {
    const task = this.byId.get(id);
    return task && { ...task };
  }

  /** Forgets workers that have not told of themselves for too long. @returns their node names */
  forgetLost(): readonly string[] {
    const lost = this.workers().filter(({ isAlive }) => !isAlive);
    for (const { hostname } of lost) this.known.delete(hostname);
    return lost.map(({ hostname }) => hostname);
  }

  private applyToWorker(event: ReceivedEvent): void {
    const { type, hostname } = event;
    if (type === 'worker-offline') {
      this.known.delete(hostname);
      return;
    }
    const worker = this.heardOf(event);
    worker.pid = event.pid;
    if (!('intervalMs' in event)) return;
    const { intervalMs, active, processed, loadAverage, software, softwareVersion, system } = event;
    worker.intervalMs = intervalMs ?? worker.intervalMs;
    worker.active = active ?? worker.active; // one that was asked for tells less
    worker.processed = processed ?? worker.processed;
    worker.loadAverage = loadAverage ?? worker.loadAverage;
    Object.assign(worker, { software, softwareVersion, system });
  }

  private applyToTask(id: string, event: ReceivedEvent): void {
    if (event.type !== 'task-sent') this.heardOf(event);
    let task = this.byId.get(id);
    if (task === undefined) {
      task = newClusterTask(id);
      this.byId.set(id, task);
      forgetOldest(this.byId, this.options.mostTasks ?? MOST_TASKS);
    }
    updateClusterTask(task, event);
  }

  private heardOf({ hostname, receivedMs, pid }: ReceivedEvent): KnownWorker {
    let worker = this.known.get(hostname);
    if (worker === undefined) {
      worker = {
        hostname,
        pid,
        heardMs: receivedMs,
        intervalMs: undefined,
        active: undefined,
        processed: undefined,
        loadAverage: undefined,
        software: undefined,
        softwareVersion: undefined,
        system: undefined,
      };
      this.known.set(hostname, worker);
      forgetOldest(this.known, this.options.mostWorkers ?? MOST_WORKERS);
    }
    worker.heardMs = Math.max(worker.heardMs, receivedMs);
    return worker;
  }

  private show(worker: KnownWorker): ClusterWorker {
    const { heardMs, intervalMs = INTERVAL_MS } = worker;
    return { ...worker, isAlive: this.clock.now() < heardMs + intervalMs * EXPIRE_WINDOW };
  }
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
