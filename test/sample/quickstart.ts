import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { familyOf, isAlive } from '../tools/proc.js';
import { programPath } from '../tools/programs.js';

/** How a run of the sample ended. */
export interface QuickstartEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface QuickstartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** sample/01-quickstart, compiled and started as its user does, with a store folder of its own. */
export class Quickstart {
  stdout = '';
  stderr = '';
  readonly ended: Promise<QuickstartEnd>;
  private readonly child: ChildProcess;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'quickstart-spec-'));
  private family: readonly number[] = [];

  constructor(args: readonly string[], { env = {}, cwd }: QuickstartOptions = {}) {
    this.child = spawn(process.execPath, [programPath('sample/01-quickstart/src/main.ts'), ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        INIT_CWD: undefined,
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        PORT: '0',
        TASK_QUEUE_BROKER_URL: `embedded:${this.folder}`,
        ...env,
      },
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Where its HTTP API is, once it says so. */
  get url(): Promise<string> {
    return this.says(/serves (http:\S+?),/).then(([, url = '']) => url);
  }

  get workerPid(): Promise<number> {
    return this.says(/worker process (\d+)/).then(([, pid]) => Number(pid));
  }

  /** What it writes on standard error that matches. */
  says(pattern: RegExp, withinMs = 40_000): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray => {
      const found = pattern.exec(this.stderr);
      if (found === null)
        throw new Error(`The sample did not say ${pattern} within ${withinMs} ms. It said:\n${this.stderr}`);
      return found;
    };
    return vi.waitFor(look, { timeout: withinMs, interval: 10 });
  }

  /** Waits until its worker consumes and the first report is out. */
  async isServing(): Promise<string> {
    await this.says(/Ctrl-C ends both/);
    this.family = familyOf(this.pid);
    return this.url;
  }

  /** The processes it consisted of when it served, or now; and those of them that live. */
  processes(): readonly number[] {
    return (this.family = [...new Set([...this.family, ...familyOf(this.pid)])]);
  }

  survivors(): readonly number[] {
    return this.family.filter(isAlive);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** For hooks: ends it whatever its state, and removes its folder. */
  async dispose(): Promise<void> {
    this.processes();
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.survivors().forEach((pid) => process.kill(pid, 'SIGKILL')), 10_000);
    await this.ended;
    clearTimeout(timer);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An answer of the HTTP API. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function get(url: string): Promise<Answer> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export async function post(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
