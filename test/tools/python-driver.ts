import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { guardChild } from './child-guard.js';
import { interopEnvironment, pythonFolder, type InteropSettings } from './python-script.js';

/** A value that JSON does not have, as the driver reads and writes it: `{ $type: 'datetime', value: '2026-01-02T03:04:05' }`. */
export interface PythonValue {
  readonly $type: string;
  readonly value: unknown;
}

/** A task as Python sends it; values may be `PythonValue`s. */
export interface PythonSignature {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Options of `apply_async` by their Python names, such as `countdown`, `eta`, `priority`, `task_id`, `queue`, `serializer`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** A link that is not given the result before it. */
  readonly immutable?: boolean;
}

export interface PythonSend extends PythonSignature {
  readonly link?: readonly PythonSignature[];
  readonly link_error?: readonly PythonSignature[];
  /** Tasks that follow one another; the id is then that of the last. */
  readonly chain?: readonly PythonSignature[];
}

/** What becomes of a workflow that has errbacks or stamps of its own. */
interface PythonWorkflowExtras {
  /** Called when it fails, as Celery's `link_error` of it is. */
  readonly link_error?: readonly PythonSignature[];
  /** Celery 5.3 and later. */
  readonly stamps?: Readonly<Record<string, unknown>>;
}

/** A workflow as `interop_workflows.py` reads it. */
export type PythonWorkflow = PythonWorkflowExtras &
  (
    | PythonSignature
    | { readonly chain: readonly PythonWorkflow[] }
    | { readonly group: readonly PythonWorkflow[] }
    | { readonly chord: readonly PythonWorkflow[]; readonly body: PythonWorkflow }
    | { readonly map: PythonSignature; readonly it: readonly unknown[] }
    | { readonly starmap: PythonSignature; readonly it: readonly (readonly unknown[])[] }
    | { readonly chunks: PythonSignature; readonly it: readonly (readonly unknown[])[]; readonly n: number }
  );

/** Ids of a workflow that was sent. */
export interface PythonApplied {
  readonly id: string;
  readonly parent: PythonApplied | null;
  /** Of a group. */
  readonly members?: readonly PythonApplied[];
}

/** The ids of a group and of its members, in order. */
export interface PythonGroup {
  readonly id: string;
  readonly members: readonly string[];
}

/** A result as Python's AsyncResult has it. The last fields are there with `result_extended`. */
export interface PythonResult {
  readonly state: string;
  readonly result: unknown;
  readonly traceback: string | null;
  readonly date_done: PythonValue | string | null;
  readonly children: readonly string[];
  /** States that were told while it was waited for, in order. */
  readonly told: readonly string[];
  readonly name: string | null;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly worker: string | null;
  readonly retries: number | null;
  readonly queue: string | null;
}

export interface PythonControlOptions {
  readonly destination?: readonly string[];
  readonly pattern?: string;
  readonly matcher?: string;
  /** @unit seconds */
  readonly timeout?: number;
  readonly limit?: number;
}

export interface PythonVersions {
  readonly celery: string;
  readonly kombu: string;
  readonly redis: string;
  readonly python: string;
}

/** A Redis key as Python reads it. */
export interface PythonKey {
  readonly type: string;
  readonly ttl: number;
  readonly value: unknown;
}

interface Reply {
  readonly output?: unknown;
  readonly error?: string;
  readonly traceback?: string;
}

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** A Python process that does to Celery what it is told: sends, reads results, revokes. One command at a time, in order. */
export class PythonDriver {
  readonly #waiting: Waiting[] = [];
  #said = '';
  #problem: Error | undefined;

  private constructor(private readonly child: ChildProcess) {
    guardChild(child);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line) as Reply);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    child.stdin!.on('error', () => undefined);
    child.once('error', (error) => this.#fail(error));
    child.once('close', () => this.#fail(new Error(`The Python driver has ended.\n${this.#said}`)));
  }

  /** @param python an executable, as the servers `celery` and `celery-debian` give it for a url */
  static open(python: string, settings: InteropSettings): PythonDriver {
    const script = path.join(pythonFolder, 'interop_cli.py');
    const env = { ...process.env, ...interopEnvironment(settings) };
    return new PythonDriver(spawn(python, [script, 'serve'], { env, stdio: 'pipe' }));
  }

  /** @returns the task's id */
  async send(job: PythonSend): Promise<string> {
    return (await this.#ask<{ readonly id: string }>('send', job)).id;
  }

  /** Sends tasks side by side, as one group. */
  sendGroup(group: readonly PythonSignature[]): Promise<PythonGroup> {
    return this.#ask('send', { group });
  }

  /** Sends a workflow; `save` has a group restored by its id. */
  apply(
    workflow: PythonWorkflow,
    more: { readonly options?: Readonly<Record<string, unknown>>; readonly save?: boolean } = {},
  ): Promise<PythonApplied> {
    return this.#ask('apply', { workflow, ...more });
  }

  /** What the members of a saved group have returned, once all have; `null` where none of that id was saved. */
  members(id: string, timeout: number): Promise<readonly unknown[] | null> {
    return this.#ask('members', { id, timeout }, timeout);
  }

  /** The result as it is now, or with `timeout` in seconds as soon as there is one. */
  get(id: string, timeout?: number): Promise<PythonResult> {
    return this.#ask('get', timeout === undefined ? { id } : { id, timeout }, timeout);
  }

  async forget(id: string): Promise<void> {
    await this.#ask('forget', { id });
  }

  /** Tells Python's workers, which alone listen to it. */
  async revoke(id: string, options: { readonly terminate?: boolean; readonly signal?: string } = {}): Promise<void> {
    await this.#ask('revoke', { id, ...options });
  }

  /** Has workers of either kind do or say something; their replies by node. */
  control(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: PythonControlOptions = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask('control', { command, arguments: args, ...options }, options.timeout);
  }

  /** Runs `celery -A interop_app …` in the driver's process. */
  celery(...args: readonly string[]): Promise<{ readonly code: number; readonly printed: string }> {
    return this.#ask('cli', { args });
  }

  /** The broker's database, by key. */
  keys(pattern = '*'): Promise<Readonly<Record<string, PythonKey>>> {
    return this.#ask('keys', { pattern });
  }

  versions(): Promise<PythonVersions> {
    return this.#ask('versions', {});
  }

  /** Ends the process; safe to call twice. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.stdin!.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }

  async #ask<Output>(command: string, input: unknown, waitS = 0): Promise<Output> {
    const withinMs = 30_000 + waitS * 1_000;
    const reply = await new Promise<Reply>((resolve, reject) => {
      if (this.#problem !== undefined) return reject(this.#problem);
      const late = setTimeout(() => {
        this.#fail(new Error(`The Python driver did not answer "${command}" within ${withinMs} ms.\n${this.#said}`));
        this.child.kill('SIGKILL');
      }, withinMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(late);
          settle(value);
        };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
      this.child.stdin!.write(`${JSON.stringify({ command, input })}\n`);
    });
    if (reply.error !== undefined) throw new Error(`Python's "${command}" failed: ${reply.error}\n${reply.traceback}`);
    return reply.output as Output;
  }

  #fail(problem: Error): void {
    this.#problem ??= problem;
    for (const { reject } of this.#waiting.splice(0)) reject(problem);
  }
}
