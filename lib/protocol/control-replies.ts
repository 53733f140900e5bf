/** Shapes of what workers reply, by Celery's names; a Python worker of another version may say less or more. @source celery/worker/control.py */

/** A task in a worker's hands. */
export interface TaskRequestInfo {
  readonly id: string;
  readonly name: string;
  /** Texts where they were asked for, or where a worker cannot show more. */
  readonly args: readonly unknown[] | string | null;
  readonly kwargs: Readonly<Record<string, unknown>> | string | null;
  readonly type: string;
  readonly hostname: string;
  /** @unit seconds since the epoch */
  readonly time_start: number | null;
  readonly acknowledged: boolean;
  readonly delivery_info: {
    readonly exchange: string;
    readonly routing_key: string;
    readonly priority: number;
    readonly redelivered: boolean | null;
  };
  readonly worker_pid: number | null;
}

/** A task whose time has not come. */
export interface ScheduledTaskInfo {
  readonly eta: string | null;
  readonly priority: number;
  readonly request: TaskRequestInfo;
}

/** A queue that a worker takes from. */
export interface ActiveQueueInfo {
  readonly name: string;
  readonly routing_key: string;
  readonly exchange: { readonly name: string; readonly type: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What a worker says of itself. */
export interface WorkerStatsInfo {
  /** How many bodies of each task have begun since its start. */
  readonly total: Readonly<Record<string, number>>;
  readonly pid: number;
  readonly clock: string;
  /** @unit seconds */
  readonly uptime: number;
  readonly prefetch_count: number;
  readonly pool: {
    readonly 'max-concurrency': number;
    readonly processes?: readonly number[];
    /** By name, where a worker of this library has several. */
    readonly pools?: Readonly<Record<string, { readonly 'max-concurrency': number; readonly 'in-hand': number }>>;
    readonly [field: string]: unknown;
  };
  readonly autoscaler?: { readonly max: number; readonly min: number; readonly current: number; readonly qty: number };
  readonly broker: Readonly<Record<string, unknown>>;
  readonly rusage: Readonly<Record<string, number>> | string;
  readonly [field: string]: unknown;
}
