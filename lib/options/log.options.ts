import { checkOneOf } from './checks.js';

/** Celery's levels. `warn` is `warning`, `fatal` is `critical`. */
export type WorkerLogLevel = 'debug' | 'info' | 'warning' | 'warn' | 'error' | 'critical' | 'fatal';
export type WorkerLogFormat = 'text' | 'json';

/** What a worker writes. */
export interface LogOptions {
  /**
   * The least that is written: from `info` on downwards a line for each task.
   * @defaultValue `TASK_QUEUE_LOG_LEVEL`, else `info` with a `logger` of your own that takes it; else all of `info` but a line for each task that went well
   * @source Celery `-l`
   */
  readonly logLevel?: WorkerLogLevel;
  /** `json`: one object a line, with the task's id, name, attempt and duration as fields. @defaultValue `TASK_QUEUE_LOG_FORMAT`, else 'text' */
  readonly logFormat?: WorkerLogFormat;
}

export interface ResolvedLogOptions {
  /** `undefined` where nobody said. */
  readonly level: 'debug' | 'info' | 'warning' | 'error' | 'critical' | undefined;
  readonly format: WorkerLogFormat;
}

const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
const ALIASES: Readonly<Record<string, (typeof LEVELS)[number]>> = { warn: 'warning', fatal: 'critical' };

/** @throws {InvalidOptionError} for a level or format that does not exist, under the name of the variable where it stands there */
export function resolveLogOptions({ logLevel, logFormat }: LogOptions, env: NodeJS.ProcessEnv): ResolvedLogOptions {
  const [levelVariable, formatVariable] = ['TASK_QUEUE_LOG_LEVEL', 'TASK_QUEUE_LOG_FORMAT'] as const;
  const level = logLevel ?? (env[levelVariable] || undefined);
  const format = logFormat ?? (env[formatVariable] || undefined);
  return {
    level: level === undefined ? undefined : levelOf(level, logLevel === undefined ? levelVariable : 'logLevel'),
    format: checkOneOf(format, ['text', 'json'], 'text', logFormat === undefined ? formatVariable : 'logFormat'),
  };
}

function levelOf(given: string, option: string): (typeof LEVELS)[number] {
  const name = typeof given === 'string' ? given.toLowerCase() : given; // Celery's users write INFO
  return checkOneOf(ALIASES[name] ?? name, LEVELS, 'info', option);
}
