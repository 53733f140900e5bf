import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface CommandOptions {
  readonly withinMs: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads on standard input. */
  readonly input?: string;
}

/** What a command printed, and how it ended. */
export interface CommandResult {
  /** `null` where it could not be started or was ended by its deadline. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** In one sentence, for an error; empty where it ended well. */
  readonly problem: string;
}

/** Runs a command to its end, or to its deadline. Never rejects: `problem` says what went wrong. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(options.input ?? '');
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, options.withinMs);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const end = isLate ? `took longer than ${options.withinMs} ms` : `ended with ${signal ?? `code ${code}`}`;
    const problem = code === 0 ? '' : `${path.basename(command)} ${end}${lastWords(output.stderr || output.stdout)}`;
    return { ...output, code, problem };
  } catch (error) {
    return { ...output, code: null, problem: `${command} could not be started (${(error as Error).message})` };
  } finally {
    clearTimeout(timer);
  }
}

/** The last line that says something, for a message of one line. */
function lastWords(text: string): string {
  const line = text.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? '' : `: ${line.slice(0, 300)}`;
}
