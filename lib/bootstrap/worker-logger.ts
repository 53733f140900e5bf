import type { LoggerService, LogLevel } from '@nestjs/common';
import type { ResolvedLogOptions } from '../options/index.js';
import type { TaskLogFields, WorkerLog } from '../worker/index.js';
import { JsonLogger } from './json.logger.js';
import { QuietLogger } from './quiet.logger.js';

/** From the most to the least that is written. */
const LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
const NEST_LEVELS: Readonly<Record<(typeof LEVELS)[number], LogLevel[]>> = {
  debug: ['verbose', 'debug'],
  info: ['log'],
  warning: ['warn'],
  error: ['error'],
  critical: ['fatal'],
};

/** Where the application and the worker write, and what of it. */
export interface LogSetup {
  /** The user's own. */
  readonly logger: LoggerService | undefined;
  readonly log: ResolvedLogOptions;
}

/** What Nest is given for the application: the user's own logger, or one for the console. */
export function nestLogger({ logger, log }: LogSetup): LoggerService {
  if (logger !== undefined) return logger;
  const from = LEVELS.indexOf(log.level ?? 'info');
  const logLevels = LEVELS.slice(from).flatMap((level) => NEST_LEVELS[level]);
  return log.format === 'json' ? new JsonLogger(logLevels) : new QuietLogger({ logLevels });
}

const CONTEXT = 'TaskWorker';

/** A worker's own log. Without `task` where nobody would see such a line, so that it is not even made. */
export function workerLog(setup: LogSetup): WorkerLog {
  const { log, logger } = setup;
  const out = nestLogger(setup);
  const line = (message: string, fields: TaskLogFields | undefined): unknown =>
    log.format === 'json' && fields !== undefined ? { message, ...fields } : message;
  const least = LEVELS.indexOf(log.level ?? 'info');
  const writes = (level: (typeof LEVELS)[number]): boolean => LEVELS.indexOf(level) >= least;
  const info = (message: string, fields?: TaskLogFields): void =>
    void (writes('info') && out.log(line(message, fields), CONTEXT));
  return {
    log: info,
    warn: (message, fields) => void (writes('warning') && out.warn(line(message, fields), CONTEXT)),
    error: (message, fields) => void (writes('error') && out.error(line(message, fields), undefined, CONTEXT)),
    ...(wantsTasks(logger, log) && { task: info }),
  };
}

/** A logger that can say which levels it writes, as Nest's own. */
interface LeveledLogger {
  isLevelEnabled(level: LogLevel): boolean;
}

function wantsTasks(logger: LoggerService | undefined, { level }: ResolvedLogOptions): boolean {
  const isTaken =
    logger === undefined || !('isLevelEnabled' in logger) || (logger as LeveledLogger).isLevelEnabled('log');
  return isTaken && (level === 'info' || level === 'debug' || (level === undefined && logger !== undefined));
}
