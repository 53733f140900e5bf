import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

export interface WorkerProcessOptions {
  /** A compiled program. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly execArgv?: readonly string[];
  /** Gets all it prints. */
  readonly logFile: string;
}

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** On the clock of `performance.now()`. */
  readonly atMs: number;
}

const running = new Set<WorkerProcess>();

// Whatever ends this process, what it started ends as well: programs see the end of the channel, this is for those that are stopped.
process.on('exit', () => {
  for (const process of running) process.signal('SIGKILL');
});

/** A program started as a process of its own, with a channel by which it notices that this one is gone. */
export class WorkerProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  #isOver = false;
  #nextRequest = 0;

  private constructor(
    private readonly child: ChildProcess,
    readonly logFile: string,
  ) {
    if (child.pid === undefined) throw new Error(`"${child.spawnfile}" could not be started.`);
    this.pid = child.pid;
    running.add(this);
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isOver = true;
        running.delete(this);
        resolve({ code, signal, atMs: performance.now() });
      });
    });
  }

  static start(options: WorkerProcessOptions): WorkerProcess {
    const log = openSync(options.logFile, 'a');
    try {
      const args = [...(options.execArgv ?? []), options.file, ...(options.args ?? [])];
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', log, log, 'ipc'],
        env: { ...process.env, ...options.env },
      });
      child.on('error', () => undefined); // its exit, or the missing pid, tells
      return new WorkerProcess(child, options.logFile);
    } finally {
      closeSync(log);
    }
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) this.child.kill(name);
  }

  /** Asks it to end, and kills it when it has not after that time. */
  async stop(graceMs = 15_000): Promise<ProcessEnd> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a question over the channel and waits for the answer; see `answerParent`. */
  ask<Answer>(question: string, detail?: unknown): Promise<Answer> {
    const id = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      const onMessage = (message: { readonly id: number; readonly answer: Answer }): void => {
        if (message.id !== id) return;
        this.child.off('message', onMessage);
        resolve(message.answer);
      };
      this.child.on('message', onMessage);
      void this.ended.then(({ code, signal }) =>
        reject(new Error(`The process ended (${signal ?? code}) instead of answering "${question}".\n${this.tail()}`)),
      );
      this.child.send({ id, question, detail });
    });
  }

  /** The end of what it has printed, for an error. */
  tail(lines = 20): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}

/** Ends everything that was started here; for signals. */
export function killAll(): void {
  for (const process of running) process.signal('SIGKILL');
}
