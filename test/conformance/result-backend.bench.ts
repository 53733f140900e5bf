import { expect } from 'vitest';
import type { ChordPart, ChordStore, GroupStore, ResultBackend, ResultWatch } from '../../lib/backends/index.js';
import type { ResultRecord, TaskMeta } from '../../lib/protocol/index.js';
import type { ConformanceCase } from './suite.js';

/** What an adapter provides to be held to the contract. */
export interface ResultBackendSubject {
  /** Connects to the namespace of this subject; each call is a connection of its own. */
  connect(options?: { readonly expiresMs: number }): Promise<ResultBackend>;
  /** Removes the namespace. */
  destroy(): Promise<void>;
}

export type ResultBackendNeed = 'push' | 'expires' | 'keepsSuccess' | 'cleanup' | 'encode' | 'chords' | 'groups';
export type ResultBackendCase = ConformanceCase<ResultBackendBench, ResultBackendNeed>;

/** A subject with one open connection, and the tools of the cases. */
export class ResultBackendBench {
  private readonly backends: ResultBackend[] = [];

  private constructor(
    readonly subject: ResultBackendSubject,
    readonly backend: ResultBackend,
    /** How long to wait for what has to come. */
    readonly patienceMs: number,
  ) {
    this.backends.push(backend);
  }

  static async open(subject: ResultBackendSubject, patienceMs = 5_000): Promise<ResultBackendBench> {
    return new ResultBackendBench(subject, await subject.connect(), patienceMs);
  }

  async close(): Promise<void> {
    for (const backend of this.backends) await backend.close();
    await this.subject.destroy();
  }

  /** Another connection to the same namespace. */
  async peer(options?: { readonly expiresMs: number }): Promise<ResultBackend> {
    const backend = await this.subject.connect(options);
    this.backends.push(backend);
    return backend;
  }

  async watch(backend: ResultBackend = this.backend): Promise<Watched> {
    const watched = new Watched(this.patienceMs);
    watched.watch = await backend.watch?.((meta) => watched.told(meta));
    return watched;
  }

  /** Fetches until the condition holds. */
  async until(taskId: string, isReached: (meta: TaskMeta | undefined) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(this.patienceMs);
    for (;;) {
      const [meta] = await this.backend.fetch([taskId]);
      if (isReached(meta)) return;
      if (signal.aborted)
        throw new Error(`"${taskId}" is still ${meta?.status ?? 'absent'} after ${this.patienceMs} ms.`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** What a watch has told. */
export class Watched {
  readonly metas: TaskMeta[] = [];
  watch: ResultWatch | undefined;
  private changed: (() => void) | undefined;

  constructor(private readonly patienceMs: number) {}

  told(meta: TaskMeta): void {
    this.metas.push(meta);
    this.changed?.();
  }

  async until(taskId: string, status: string): Promise<TaskMeta> {
    const signal = AbortSignal.timeout(this.patienceMs);
    for (;;) {
      const found = this.metas.find((meta) => meta.taskId === taskId && meta.status === status);
      if (found !== undefined) return found;
      expect(signal.aborted, `told of ${taskId} ${status} within ${this.patienceMs} ms`).toBe(false);
      await new Promise<void>((resolve) => {
        this.changed = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}

export function lackingOf(
  bench: ResultBackendBench,
  needs: readonly ResultBackendNeed[],
): readonly ResultBackendNeed[] {
  const { capabilities, cleanup, encode, chords, groups } = bench.backend;
  const met: Record<ResultBackendNeed, boolean> = {
    ...capabilities,
    cleanup: cleanup !== undefined,
    encode: encode !== undefined,
    chords: chords !== undefined,
    groups: groups !== undefined,
  };
  return needs.filter((need) => !met[need]);
}

/** A state of a task, SUCCESS with the value 1 unless told otherwise. */
export function record(taskId: string, change: Partial<ResultRecord> = {}): ResultRecord {
  return {
    taskId,
    status: 'SUCCESS',
    result: '1',
    traceback: null,
    children: [],
    dateDoneMs: 1_700_000_000_000,
    groupId: undefined,
    parentId: undefined,
    extended: undefined,
    ...change,
  };
}

export function chordsOf({ chords }: ResultBackend): ChordStore {
  if (chords === undefined) throw new Error('The case needs "chords", and the backend has none.');
  return chords;
}

export function groupsOf({ groups }: ResultBackend): GroupStore {
  if (groups === undefined) throw new Error('The case needs "groups", and the backend has none.');
  return groups;
}

/** A part of the chord `g`, SUCCESS with the value 1 unless told otherwise. */
export function part(taskId: string, groupIndex: number | undefined, change: Partial<ChordPart> = {}): ChordPart {
  return { groupId: 'g', taskId, groupIndex, state: 'SUCCESS', result: '1', ...change };
}
