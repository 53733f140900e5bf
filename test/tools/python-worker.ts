import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { guardChild } from './child-guard.js';
import { isAlive } from './proc.js';
import { pythonEnvironment } from './python-script.js';
import { until } from './until.js';

export interface PythonWorkerOptions {
  /** An executable, as the servers `celery` and `celery-debian` give it for a url. */
  readonly python: string;
  /** What `interopEnvironment` gives. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets all it prints. */
  readonly logFile: string;
  /** @defaultValue 'solo' */
  readonly pool?: 'solo' | 'prefork';
  /** @defaultValue 1 */
  readonly concurrency?: number;
  /** @defaultValue the application's default queue */
  readonly queues?: readonly string[];
  /** Part of its node name before the `@`. @defaultValue one of its own */
  readonly name?: string;
  /** Further arguments of `celery worker`, such as `['--prefetch-multiplier', '1']`. */
  readonly args?: readonly string[];
  /** Module of the application. @defaultValue 'interop_app' */
  readonly app?: string;
}

/** How a worker ended. */
export interface PythonWorkerEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const readyMs = 30_000;
let started = 0;

/** A real Celery worker in a process group of its own, ended at the latest with this process. */
export class PythonWorker {
  readonly pid: number;
  readonly ended: Promise<PythonWorkerEnd>;
  #isOver = false;

  private constructor(
    private readonly child: ChildProcess,
    readonly logFile: string,
  ) {
    this.pid = child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      const onEnd = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#isOver = true;
        resolve({ code, signal });
      };
      child.once('exit', onEnd);
      child.once('error', () => onEnd(null, null));
    });
  }

  /**
   * Starts a worker and waits until it says that it is ready.
   * @throws where it ends instead or takes more than 30 s, with the last it printed
   */
  static async start(options: PythonWorkerOptions): Promise<PythonWorker> {
    const {
      python,
      env,
      logFile,
      pool = 'solo',
      concurrency = 1,
      queues = [],
      args = [],
      app = 'interop_app',
    } = options;
    const name = options.name ?? `python${++started}-${process.pid}`;
    const log = openSync(logFile, 'a');
    const before = statSync(logFile).size;
    const command = ['-m', 'celery', '-A', app, 'worker', '-n', `${name}@%h`, '-P', pool, '-c', String(concurrency)];
    const child = spawn(
      python,
      [...command, ...(queues.length === 0 ? [] : ['-Q', queues.join(',')]), '-l', 'INFO', ...args],
      {
        env: { ...process.env, ...pythonEnvironment, ...env },
        cwd: path.dirname(logFile),
        stdio: ['ignore', log, log],
        detached: true,
      },
    );
    closeSync(log);
    guardChild(child, true);
    const worker = new PythonWorker(child, logFile);
    const isReady = (): boolean => / ready\.\s/.test(readFileSync(logFile, 'utf8').slice(before));
    try {
      await until(() => isReady() || worker.isOver, { withinMs: readyMs, everyMs: 25, what: 'a Python worker ready' });
      if (worker.isOver) throw new Error('The Python worker ended instead of starting.');
    } catch (error) {
      await worker.kill();
      throw new Error(`${(error as Error).message}\n${worker.tail()}`, { cause: error });
    }
    return worker;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** To the worker alone; its children are `childrenOf(pid)`. */
  signal(name: NodeJS.Signals): void {
    if (!this.#isOver) this.child.kill(name);
  }

  /** Warm shutdown: what runs is finished. Killed with its group when that takes longer; safe to call twice. */
  async stop(graceMs = 15_000): Promise<PythonWorkerEnd> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** SIGKILL to the worker and all that it has started, waiting until the whole group is gone. */
  async kill(): Promise<PythonWorkerEnd> {
    this.#signalGroup('SIGKILL');
    const end = await this.ended;
    await until(() => this.pid === 0 || !isAlive(-this.pid), { withinMs: 5_000, what: 'the end of a Python worker' });
    return end;
  }

  /** The end of what it has printed, for an error. */
  tail(lines = 30): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  #signalGroup(name: NodeJS.Signals): void {
    if (this.pid === 0) return;
    try {
      process.kill(-this.pid, name);
    } catch {
      // nobody of it is left
    }
  }
}
