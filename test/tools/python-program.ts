import { spawn, type ChildProcess } from 'node:child_process';
import { guardChild } from './child-guard.js';
import { pythonEnvironment } from './python-script.js';
import { until } from './until.js';

/** A Python program that runs until it is stopped, and all that it says. */
export class PythonProgram {
  #said = '';
  #isOver = false;
  readonly #ended: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    guardChild(child);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#ended = new Promise((resolve) => {
      const onEnd = (): void => {
        this.#isOver = true;
        resolve();
      };
      child.once('exit', onEnd);
      child.once('error', onEnd);
    });
  }

  /**
   * @param python an executable, as the servers `celery`, `celery-debian` and `flower` give it for a url
   * @param args such as `['-m', 'celery', '-A', 'interop_app', 'events', '--dump']`
   */
  static start(python: string, args: readonly string[], env: Readonly<Record<string, string>>): PythonProgram {
    return new PythonProgram(
      spawn(python, args, { env: { ...process.env, ...pythonEnvironment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** What it has said so far. */
  get said(): string {
    return this.#said;
  }

  /** Resolves once it has said something of that kind. @throws where it ends instead */
  async says(text: RegExp): Promise<void> {
    const detail = (): string => this.#said.slice(-2_000);
    await until(() => this.#isOver || text.test(this.#said), { withinMs: 20_000, what: String(text), detail });
    if (!text.test(this.#said)) throw new Error(`The program ended before it said ${String(text)}.\n${detail()}`);
  }

  /** Asks it to end, and kills it when it has not after 5 s. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await this.#ended;
    clearTimeout(timer);
  }
}
