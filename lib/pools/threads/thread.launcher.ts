import { MessageChannel, Worker, type MessagePort, type ResourceLimits } from 'node:worker_threads';

import { SEED_PROPERTY, type ChildRole, type ThreadSeed } from '../child/child-role.js';
import { Claims } from '../child/claims.js';
import { resolveEntry } from '../child/entry.js';
import {
  noTraffic,
  type ChildDeath,
  type ChildLauncher,
  type ChildLink,
  type ChildListener,
} from '../child/launcher.interface.js';
import { withAllThatArrived } from '../child/port.channel.js';
import { decodeError, encodeError, type RemoteError } from '../child/remote-error.js';

export interface ThreadLauncherOptions {
  /** File that children run: a path or file URL. @defaultValue the file this process was started with */
  readonly entry?: string | URL | undefined;
  /** Node's flags for each thread. @defaultValue this process's own */
  readonly execArgv?: readonly string[] | undefined;
  /** @defaultValue this process's own arguments */
  readonly argv?: readonly string[] | undefined;
  /** Added to this process's environment, of which each thread has a copy. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Memory of one thread; one that needs more ends alone. @defaultValue Node's */
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** Children as threads of this process: cheaper than processes, and ended like them, but a native crash ends all. */
export class ThreadLauncher implements ChildLauncher {
  readonly kind = 'threads';
  readonly sharesProcess = true;
  readonly #entry: string;

  /** @throws {EntryNotFoundError} when there is no such file */
  constructor(private readonly options: ThreadLauncherOptions = {}) {
    this.#entry = resolveEntry(options.entry);
  }

  launch(role: ChildRole, listener: ChildListener): ChildLink {
    const { argv = process.argv.slice(2), execArgv, env, resourceLimits } = this.options;
    const { port1, port2 } = new MessageChannel();
    const claims = Claims.forCells(role.cells);
    const seed: ThreadSeed = { role, port: port2, claims: claims.memory };
    const worker = new Worker(this.#entry, {
      name: `${role.pool} ${role.index}`,
      argv: [...argv],
      env: { ...process.env, ...env },
      workerData: { [SEED_PROPERTY]: seed },
      transferList: [port2],
      ...(execArgv && { execArgv: [...execArgv] }),
      ...(resourceLimits && { resourceLimits }),
    });
    return new ThreadLink(worker, port1, claims, listener);
  }
}

class ThreadLink implements ChildLink {
  readonly pid = process.pid;
  readonly threadId: number;
  readonly traffic = noTraffic();
  #toSend: string[] = [];
  #error: RemoteError | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly port: MessagePort,
    private readonly claims: Claims,
    private readonly listener: ChildListener,
  ) {
    this.threadId = worker.threadId;
    port.on('message', (frames: readonly string[]) => this.#receive(withAllThatArrived(port, frames)));
    worker.on('error', (error) => (this.#error = decodeError(encodeError(error))));
    worker.once('exit', (code) => this.#ended(code));
  }

  send(frame: string): void {
    this.traffic.framesSent++;
    if (this.#toSend.length === 0) process.nextTick(() => this.#flush());
    this.#toSend.push(frame);
  }

  recall(cell: number, turn: number): void {
    const inTime = this.claims.recall(cell, turn);
    process.nextTick(() => this.listener.recalled(cell, turn, inTime));
  }

  kill(): void {
    void this.worker.terminate();
  }

  #flush(): void {
    this.traffic.writes++;
    this.port.postMessage(this.#toSend);
    this.#toSend = [];
  }

  #receive(frames: readonly string[]): void {
    this.traffic.reads++;
    this.traffic.framesReceived += frames.length;
    this.listener.frames(frames);
  }

  #ended(code: number): void {
    const left = withAllThatArrived(this.port, []);
    if (left.length > 0) this.#receive(left);
    this.port.close();
    this.listener.ended(describeExit(code, this.#error));
  }
}

function describeExit(code: number, error: RemoteError | undefined): ChildDeath {
  return { text: `exited with code ${code}`, error, clean: code === 0 && !error };
}
