import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

import { ChildBootError } from '../../errors/index.js';
import type { TerminationSignal } from '../../options/index.js';
import type { Clock, Timer } from '../../time/index.js';
import { CHANNEL_FD, ROLE_VARIABLE, WATCHDOG_FD, type ChildRole } from '../child/child-role.js';
import { childFlags, resolveEntry } from '../child/entry.js';
import { LineCutter } from '../child/frames.js';
import {
  noTraffic,
  type ChildDeath,
  type ChildLauncher,
  type ChildLink,
  type ChildListener,
} from '../child/launcher.interface.js';

/** After either the process or its pipe has ended: how long the other may take. */
const LAST_WORDS_MS = 1_000;
/** Children ignore these, which reach the whole process group on Ctrl-C. */
const IGNORED: readonly TerminationSignal[] = ['SIGTERM', 'SIGINT'];

export interface ProcessLauncherOptions {
  /** File that children run: a path or file URL. @defaultValue the file this process was started with */
  readonly entry?: string | URL | undefined;
  /** Node's flags. @defaultValue this process's own, without `--inspect` and others that only one process can have */
  readonly execArgv?: readonly string[] | undefined;
  /** @defaultValue this process's own arguments */
  readonly argv?: readonly string[] | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
}

/** Children as processes: what a body does to its process (exit, crash, loop) stays there. Their output is this process's. */
export class ProcessLauncher implements ChildLauncher {
  readonly kind = 'prefork';
  readonly sharesProcess = false;
  readonly #entry: string;

  /** @throws {EntryNotFoundError} when there is no such file */
  constructor(private readonly options: ProcessLauncherOptions) {
    this.#entry = resolveEntry(options.entry);
  }

  launch(role: ChildRole, listener: ChildListener): ChildLink {
    const { execArgv = childFlags(process.execArgv), argv = process.argv.slice(2), env, clock } = this.options;
    const child = spawn(process.execPath, [...execArgv, this.#entry, ...argv], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
      env: { ...process.env, ...env, [ROLE_VARIABLE]: JSON.stringify(role) },
      windowsHide: true,
    });
    child.on('error', () => undefined); // whoever asked is told below, or by the link
    if (child.stdio?.[CHANNEL_FD] == null) {
      throw new ChildBootError(
        `prefork child ${role.index}`,
        'the system allows no more processes or open files.',
        undefined,
      );
    }
    return new ProcessLink(child, listener, clock);
  }
}

class ProcessLink implements ChildLink {
  readonly threadId = undefined;
  readonly traffic = noTraffic();
  readonly #channel: Socket;
  readonly #watchdog: Socket;
  #toSend = '';
  #death: ChildDeath | undefined;
  #channelIsOpen = true;
  #lastWords: Timer | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly listener: ChildListener,
    private readonly clock: Clock,
  ) {
    this.#channel = child.stdio[CHANNEL_FD] as Socket;
    this.#watchdog = child.stdio[WATCHDOG_FD] as Socket;
    this.#listen();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  send(frame: string): void {
    this.traffic.framesSent++;
    if (this.#toSend === '') process.nextTick(() => this.#flush());
    this.#toSend += `${frame}\n`;
  }

  recall(cell: number, turn: number): void {
    this.#watchdog.write(`${cell}\t${turn}\n`);
  }

  kill(signal: TerminationSignal = 'SIGKILL'): void {
    if (signal === 'SIGKILL' || IGNORED.includes(signal)) return void this.child.kill('SIGKILL');
    this.child.kill(signal); // it may dump its core, or have a handler of its own
    this.#lastWords?.cancel();
    this.#lastWords = this.clock.setTimer(() => this.child.kill('SIGKILL'), LAST_WORDS_MS);
  }

  #flush(): void {
    this.traffic.writes++;
    this.#channel.write(this.#toSend);
    this.#toSend = '';
  }

  #listen(): void {
    const lines = new LineCutter();
    this.#channel.setEncoding('utf8').on('data', (chunk: string) => {
      const frames = lines.cut(chunk);
      this.traffic.reads++;
      this.traffic.framesReceived += frames.length;
      if (frames.length > 0) this.listener.frames(frames);
    });
    const answers = new LineCutter();
    this.#watchdog.setEncoding('latin1').on('data', (chunk: string) => {
      for (const line of answers.cut(chunk)) {
        const [cell, turn, inTime] = line.split('\t').map(Number) as [number, number, number];
        this.listener.recalled(cell, turn, inTime === 1);
      }
    });
    for (const socket of [this.#channel, this.#watchdog]) socket.on('error', () => undefined); // its end follows
    this.#channel.once('close', () => this.#channelEnded());
    this.child.once('exit', (code, signal) => this.#processEnded(describeExit(code, signal)));
    this.child.once('error', (error) => {
      if (this.child.pid === undefined)
        this.#processEnded({ text: `could not be started: ${error.message}`, error: undefined, clean: false });
    });
  }

  #processEnded(death: ChildDeath): void {
    if (this.#death) return;
    this.#death = death;
    this.#lastWords?.cancel();
    this.#watchdog.destroy();
    if (this.#channelIsOpen) this.#lastWords = this.clock.setTimer(() => this.#channel.destroy(), LAST_WORDS_MS);
    else this.listener.ended(death);
  }

  #channelEnded(): void {
    this.#channelIsOpen = false;
    this.#lastWords?.cancel();
    if (this.#death) this.listener.ended(this.#death);
    else this.#lastWords = this.clock.setTimer(() => this.kill(), LAST_WORDS_MS);
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): ChildDeath {
  const hint = signal === 'SIGABRT' ? ', as Node ends itself when its heap is full' : '';
  return {
    text: signal ? `was killed by ${signal}${hint}` : `exited with code ${code}`,
    error: undefined,
    clean: code === 0,
  };
}
