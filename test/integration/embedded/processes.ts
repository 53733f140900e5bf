import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { projectRoot } from '../../tools/paths.mjs';
import type { Answer, Request } from './fixtures/embedded-process.entry.js';

/** A program made of a fixture and the library's sources, in the project, so that it finds the packages. */
export async function compileProgram(name: string): Promise<{ readonly file: string; remove(): void }> {
  const parent = path.join(projectRoot, '.build');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(path.join(parent, 'embedded-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)),
      outDir: folder,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { format: 'es', entryFileNames: 'program.mjs' } },
    },
  });
  return { file: path.join(folder, 'program.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Another process on a store. */
export class StoreProcess {
  private readonly answers: Answer[] = [];
  private wake: (() => void) | undefined;
  private readonly child: ChildProcess;
  readonly ended: Promise<void>;

  constructor(program: string, url: string) {
    this.child = fork(program, [url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.child.on('message', (answer: Answer) => {
      this.answers.push(answer);
      this.wake?.();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('exit', () => {
        resolve();
        this.wake?.();
      });
    });
  }

  static async start(program: string, url: string): Promise<StoreProcess> {
    const started = new StoreProcess(program, url);
    await started.next();
    return started;
  }

  /** Asks, and returns the answer. */
  async ask<A extends Answer>(request: Request): Promise<A> {
    this.child.send(request);
    return (await this.next()) as A;
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    if (signal === 'SIGKILL') await this.ended;
  }

  private async next(): Promise<Answer> {
    for (;;) {
      const answer = this.answers.shift();
      if (answer !== undefined) return answer;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error('The process ended without an answer.');
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
