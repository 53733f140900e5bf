import { isMainThread, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

/** The environment variable by which a process learns that it is a child. */
export const ROLE_VARIABLE = 'TASK_QUEUE_CHILD';

/** File descriptors of a child process beyond its standard ones. */
export const CHANNEL_FD = 3;
export const WATCHDOG_FD = 4;

/** What a child is told about itself before anything else. Plain data. */
export interface ChildRole {
  readonly kind: 'prefork' | 'threads';
  /** Name of the pool it belongs to. */
  readonly pool: string;
  /** Its place in the pool, from 0; a child that replaces another has the same. */
  readonly index: number;
  /** Bodies it runs at once. */
  readonly slots: number;
  /** By how much it gives way to the process that started it, of which its priority is otherwise. @defaultValue 0 */
  readonly niceness?: number | undefined;
  /** Places for jobs that run or wait in it. */
  readonly cells: number;
  /** What the supervisor wanted its children to know. */
  readonly data: unknown;
}

/** What a thread is handed at its start. */
export interface ThreadSeed {
  readonly role: ChildRole;
  readonly port: MessagePort;
  readonly claims: SharedArrayBuffer;
}

/** Under this key a thread's `workerData` has its seed, and `globalThis` what was read: two copies of this library in one process read one role. */
const KEY = Symbol.for('nest-task-queue.child-role');
export const SEED_PROPERTY = 'nest-task-queue.child';

interface Memory {
  [KEY]?: ChildRole | false;
}

/** The role in which this process or thread was started by a pool; `undefined` where it was not. */
export function currentChildRole(): ChildRole | undefined {
  const memory = globalThis as Memory;
  memory[KEY] ??= readRole() ?? false;
  return memory[KEY] || undefined;
}

/** What this thread was handed; only in the role of one. */
export function currentThreadSeed(): ThreadSeed | undefined {
  return (workerData as Partial<Record<typeof SEED_PROPERTY, ThreadSeed>> | null | undefined)?.[SEED_PROPERTY];
}

function readRole(): ChildRole | undefined {
  if (!isMainThread) return currentThreadSeed()?.role;
  const text = process.env[ROLE_VARIABLE];
  if (text === undefined) return undefined;
  // A process that a job starts is no child of the pool.
  delete process.env[ROLE_VARIABLE];
  return JSON.parse(text) as ChildRole;
}
