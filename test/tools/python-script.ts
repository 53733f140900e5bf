import path from 'node:path';
import { projectRoot } from './paths.mjs';
import { runCommand } from './run-command.js';

/** Where the Python programs of the tests stand. */
export const pythonFolder = path.join(projectRoot, 'test/fixtures/python');

/** Sets up the application in `test/fixtures/python/interop_app.py`. */
export interface InteropSettings {
  readonly brokerUrl: string;
  /** Without it results are not kept. */
  readonly resultUrl?: string;
  /** @defaultValue Celery's own, `celery` */
  readonly queue?: string;
  /** `global_keyprefix` of broker and result backend; Celery 5.2 has it for the broker alone. */
  readonly keyPrefix?: string;
  /** @unit seconds */
  readonly visibilityTimeout?: number;
  /** Celery's further settings by their names, such as `{ task_acks_late: true }`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The settings as environment variables for a Python process that imports the application. */
export function interopEnvironment(settings: InteropSettings): Record<string, string> {
  const variables = {
    INTEROP_BROKER_URL: settings.brokerUrl,
    INTEROP_RESULT_URL: settings.resultUrl,
    INTEROP_QUEUE: settings.queue,
    INTEROP_KEY_PREFIX: settings.keyPrefix,
    INTEROP_VISIBILITY_TIMEOUT: settings.visibilityTimeout?.toString(),
    INTEROP_SETTINGS: settings.settings === undefined ? undefined : JSON.stringify(settings.settings),
  };
  const given = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...pythonEnvironment, ...Object.fromEntries(given) };
}

/** What every Python process of the tests gets: it finds the programs, prints at once, and leaves no files beside them. */
export const pythonEnvironment = {
  PYTHONPATH: pythonFolder,
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '1',
  PYTHONIOENCODING: 'utf-8',
  C_FORCE_ROOT: '1',
} as const;

/**
 * Runs a program of `test/fixtures/python` to its end.
 * @param python an executable, as the servers `celery` and `celery-debian` give it for a url
 * @param script its file name
 * @returns what it printed
 * @throws where it ends badly or too late, with what it said
 */
export async function runPython(
  python: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  withinMs = 30_000,
): Promise<string> {
  const { problem, stdout, stderr } = await runCommand(python, [path.join(pythonFolder, script), ...args], {
    withinMs,
    env: { ...pythonEnvironment, ...env },
  });
  if (problem !== '') throw new Error(`${script} ${args.join(' ')}: ${problem}\n${stderr}`);
  return stdout;
}
