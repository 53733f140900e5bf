import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { guardChild } from './child-guard.js';
import { installDebianPackages } from './debian-packages.js';
import { freePort } from './free-port.js';
import { isStopped } from './proc.js';
import { runCommand } from './run-command.js';
import { until } from './until.js';

export interface RedisServerOptions {
  /** Further arguments of redis-server, such as `['--maxmemory', '8mb']`; they win over what is set here. */
  readonly args?: readonly string[];
  /** Keeps an append-only file, so that a restart finds the keys again. @defaultValue false */
  readonly appendOnly?: boolean;
  /** Where it keeps its files. @defaultValue a temporary folder, removed by `stop` */
  readonly folder?: string;
  /** @defaultValue a free one */
  readonly port?: number;
}

/** Signals that tests send to a server: two that end it, two that make it stand still and go on. */
export type RedisSignal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT';

/** Another version, or Valkey: `REDIS_SERVER=/path/of/valkey-server npm test -- redis`. */
const program = process.env['REDIS_SERVER'] ?? 'redis-server';

const startMs = 30_000;
const stopMs = 10_000;

/** A redis-server of a test's own: on 127.0.0.1, with 256 databases, without snapshots, ended at the latest with this process. */
export class RedisServer {
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly options: RedisServerOptions,
    readonly port: number,
    readonly folder: string,
  ) {}

  /**
   * Starts a server and waits until it accepts connections.
   * @throws where there is no redis-server and none can be installed, or the server ends instead, with the reason
   */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    await ensureRedisServer();
    for (let attempt = 1; ; attempt++) {
      const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'ntq-redis-')));
      const server = new RedisServer(options, options.port ?? (await freePort()), folder);
      try {
        await server.#run();
        return server;
      } catch (error) {
        // Somebody else may have taken the port after it was found free.
        const wasTaken = options.port === undefined && server.log().includes('Address already in use');
        await server.stop();
        if (!wasTaken || attempt === 5) throw error;
      }
    }
  }

  /** Database 0 of it. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** @throws when it does not run */
  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error(`No redis-server runs on port ${this.port} now.`);
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Ends it, when it runs, and starts it again on the same port and folder, so that an append-only file comes back. */
  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.#run();
  }

  /** Sends a signal and waits until it has taken effect. */
  async kill(signal: RedisSignal): Promise<void> {
    if (signal === 'SIGKILL' || signal === 'SIGTERM') return this.#end(signal);
    const { pid } = this;
    process.kill(pid, signal);
    const wanted = signal === 'SIGSTOP';
    await until(() => isStopped(pid) === wanted, { withinMs: stopMs, what: `redis-server after ${signal}` });
  }

  /** Ends it and removes its temporary folder; safe to call twice. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    if (this.options.folder === undefined) rmSync(this.folder, { recursive: true, force: true });
  }

  /** All that it has printed since `start`, over all its restarts. */
  log(): string {
    try {
      return readFileSync(this.#logFile, 'utf8');
    } catch {
      return '';
    }
  }

  get #logFile(): string {
    return path.join(this.folder, 'redis-server.log');
  }

  async #run(): Promise<void> {
    const log = openSync(this.#logFile, 'a');
    const before = statSync(this.#logFile).size;
    const child = spawn(program, this.#arguments(), { stdio: ['ignore', log, log], cwd: this.folder });
    closeSync(log);
    guardChild(child);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const onEnd = (): void => {
        this.#child = undefined;
        resolve(undefined);
      };
      child.once('exit', onEnd);
      child.once('error', onEnd);
    });
    const printed = (): string => this.log().slice(before);
    const isReady = (): boolean => !this.isRunning || printed().includes('Ready to accept connections');
    await until(isReady, { withinMs: startMs, what: `redis-server on port ${this.port}`, detail: printed });
    if (!this.isRunning) throw new Error(`redis-server on port ${this.port} ended at once:\n${printed().trim()}`);
  }

  #arguments(): readonly string[] {
    const { appendOnly = false, args = [] } = this.options;
    return [
      ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--databases', '256'],
      ...['--save', '', '--appendonly', appendOnly ? 'yes' : 'no', '--daemonize', 'no', '--logfile', ''],
      ...args,
    ];
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    child.kill(signal);
    child.kill('SIGCONT'); // one that stands still would not hear of it
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await this.#ended;
    clearTimeout(timer);
  }
}

/** Installs Debian's redis-server where there is none. @throws an error that says why it cannot be had */
export async function ensureRedisServer(): Promise<void> {
  const { code } = await runCommand(program, ['--version'], { withinMs: 30_000 });
  if (code === 0) return;
  if (program !== 'redis-server') throw new Error(`REDIS_SERVER names "${program}", which cannot be run.`);
  await installDebianPackages(['redis-server']);
}
