import { closeSync, openSync, readSync } from 'node:fs';
import type { Fact } from '../fixtures/apps/chaos/run-log.js';

/** A line of the chaos app's log. */
export interface LogLine {
  readonly fact: Fact;
  /** Id of the task; `-` for a boot. */
  readonly subject: string;
  readonly pid: number;
  readonly parent: number;
  /** On the clock of `nowMs`. */
  readonly atMs: number;
}

/** The machine's monotonic clock, which all its processes share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Follows the log that the app's processes append to. */
export class RunLogReader {
  readonly lines: LogLine[] = [];
  /** Starts of bodies, by task. */
  readonly starts = new Map<string, LogLine[]>();
  /** Processes that booted the application, by the worker's process that they belong to; a worker that runs bodies itself is its own. */
  readonly booted = new Map<number, number[]>();
  /** What is being done in each process that does one thing at a time, as far as was read. */
  readonly busy = new Map<number, string>();
  readonly #file: number;
  readonly #chunk = Buffer.alloc(1 << 16);
  #rest = '';

  constructor(path: string) {
    this.#file = openSync(path, 'a+');
  }

  /** Reads what was added since the last call. */
  read(): this {
    for (;;) {
      const bytes = readSync(this.#file, this.#chunk, 0, this.#chunk.length, null);
      if (bytes === 0) return this;
      const lines = (this.#rest + this.#chunk.toString('latin1', 0, bytes)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#add(line);
    }
  }

  /** Tasks whose bodies have begun in one of the processes. */
  startedIn(pids: ReadonlySet<number>): Set<string> {
    const found = new Set<string>();
    for (const [task, starts] of this.starts) if (starts.some((start) => pids.has(start.pid))) found.add(task);
    return found;
  }

  close(): void {
    closeSync(this.#file);
  }

  #add(text: string): void {
    const [fact, subject, pid, parent, , us] = text.split(' ');
    const line: LogLine = {
      fact: fact as Fact,
      subject: subject ?? '',
      pid: Number(pid),
      parent: Number(parent),
      atMs: Number(us) / 1_000,
    };
    this.lines.push(line);
    if (line.fact === 'start') {
      append(this.starts, line.subject, line);
      this.busy.set(line.pid, line.subject);
    }
    if (line.fact === 'end') this.busy.delete(line.pid);
    if (line.fact === 'boot') {
      const worker = line.parent === process.pid ? line.pid : line.parent;
      if (!this.booted.get(worker)?.includes(line.pid)) append(this.booted, worker, line.pid);
    }
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
