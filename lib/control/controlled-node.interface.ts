import type { TaskHead } from '../protocol/index.js';
import type { TerminationSignal } from '../options/index.js';

/** A task that a worker has in hand. */
export interface TaskInHand {
  readonly head: TaskHead;
  readonly state: 'active' | 'reserved';
  /** When its body began. @unit milliseconds since the epoch */
  readonly startedMs: number | undefined;
  /** The process its body runs in. */
  readonly pid: number | undefined;
  readonly isAcknowledged: boolean;
  /** Reads its body. @throws where that cannot be read */
  call(): { readonly args: readonly unknown[]; readonly kwargs: Readonly<Record<string, unknown>> };
}

/** A task whose time has not come. */
export interface TaskToCome extends Pick<TaskInHand, 'head' | 'call'> {
  readonly etaMs: number;
}

/** What a worker tells of one of its tasks, by the names of Celery's attributes. */
export interface TaskFacts {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean | undefined>>;
}

export interface PoolFacts {
  readonly implementation: string;
  readonly limit: number;
  readonly pids: readonly number[];
  readonly maxTasksPerChild: number | undefined;
  /** Where it is made of several. */
  readonly parts?: readonly PoolPartFacts[];
}

/** One of several pools of a worker. */
export interface PoolPartFacts extends Pick<PoolFacts, 'implementation' | 'limit' | 'pids'> {
  readonly name: string;
  /** Tasks that run in it or are about to. */
  readonly inHand: number;
}

/** A server as Python's tools show it. */
export interface BrokerFacts {
  readonly transport: string;
  readonly hostname: string | null;
  readonly port: number | null;
  readonly userid: string | null;
  readonly virtualHost: string;
  readonly isEncrypted: boolean;
}

export interface ScaleBounds {
  readonly min: number;
  readonly max: number;
}

/** What a worker tells monitors. */
export interface EventControls {
  /** Sends events of tasks from now on. @returns `false`: it did before */
  enable(): boolean;
  /** @returns `false`: it sent none before */
  disable(): boolean;
  /** Sends a heartbeat, now. */
  answerHeartbeat(): void;
}

/** A setting under Celery's name, with what it is where nobody sets it. */
export interface Setting {
  readonly name: string;
  readonly value: unknown;
  readonly fallback?: unknown;
}

/** The worker that commands look into and act on. */
export interface ControlledNode {
  /** Node name. */
  readonly hostname: string;
  readonly pid: number;
  /** `undefined` where nobody can be told. */
  readonly events?: EventControls | undefined;
  /** Takes its part in an election that all are told to hold. */
  election(id: string, topic: string, action: unknown): void;
  uptimeMs(): number;
  /** Value of the logical clock. */
  clock(): number;
  /** One step on; the new value. */
  forwardClock(): number;
  inHand(): Iterable<TaskInHand>;
  toCome(): Promise<readonly TaskToCome[]>;
  /** How many bodies of each task have begun since the start. */
  counts(): ReadonlyMap<string, number>;
  tasks(): readonly TaskFacts[];
  queues(): readonly string[];
  settings(): readonly Setting[];
  broker(): BrokerFacts;
  pool(): PoolFacts;
  /** Messages it may have in hand. */
  prefetchCount(): number;
  /** Versions of what it is made of, by name. */
  versions(): Readonly<Record<string, string>>;

  revoked(): readonly string[];
  /** Keeps tasks from being started, here and in every worker of the broker; those that wait get their end at once. */
  revoke(taskIds: readonly string[]): Promise<void>;
  /** Learns of revocations that others have. */
  learnRevoked(taskIds: readonly string[]): void;
  /** Keeps tasks with one of these values of a stamp from being started here. */
  revokeStamped(name: string, values: readonly unknown[]): void;
  /** Ends what runs here; returns the ids of those that were here. */
  terminate(taskIds: readonly string[], signal: TerminationSignal): readonly string[];

  /** @param pool which of several; the first where none is named @throws where the pool cannot be resized */
  grow(count: number, pool?: string): void;
  shrink(count: number, pool?: string): void;
  /** Has all children begin anew. @returns `false` where that is not allowed, or there are none */
  restartPool(): boolean;
  /** Bounds of the pool; `undefined` where it keeps its size. */
  autoscale(): ScaleBounds | undefined;
  /** What is left out stays. @returns the new ones, as `autoscale` @throws for such as cannot be */
  setAutoscale(bounds: Partial<ScaleBounds>): ScaleBounds | undefined;
  /** For what begins from now on; left out for none. @returns `false` where the task is unknown @throws for such as cannot be */
  setTimeLimits(
    task: string,
    limits: { readonly hardMs: number | undefined; readonly softMs: number | undefined },
  ): boolean;
  /** For what comes from now on. @returns `false` where the task is unknown @throws {InvalidOptionError} for such as cannot be */
  setRateLimit(task: string, limit: number | string): boolean;
  addQueue(name: string): Promise<void>;
  removeQueue(name: string): Promise<void>;
  /** Begins a warm shutdown. */
  shutdown(): void;
}
