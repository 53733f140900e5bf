import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import type { WorkerLog } from '../worker/index.js';

/** A line for each task would cost more than most tasks; who wants them gives a logger with the level `debug`. */
const LEVELS: LogLevel[] = ['log', 'warn', 'error', 'fatal'];

/** What Nest writes while an application starts. */
const STARTUP_CONTEXTS: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
]);

/** Nest's logger without the lines of an application's start, which a worker would write once for each child. */
export class QuietLogger extends ConsoleLogger {
  constructor() {
    super({ logLevels: LEVELS });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1) ?? this.context;
    if (STARTUP_CONTEXTS.has(context)) return;
    super.log(message, ...(rest as [unknown]));
  }
}

/** A logger that can say which levels it writes, as Nest's own. */
interface LeveledLogger {
  isLevelEnabled(level: LogLevel): boolean;
}

const CONTEXT = 'TaskWorker';

/** A worker's own log: into what was given, else onto the console. Without `debug` where nobody would see it, so that such lines are not even made. */
export function workerLog(given: LoggerService = new QuietLogger()): WorkerLog {
  const isDebugging =
    'isLevelEnabled' in given ? (given as LeveledLogger).isLevelEnabled('debug') : given.debug !== undefined;
  return {
    log: (message) => void given.log(message, CONTEXT),
    warn: (message) => void given.warn(message, CONTEXT),
    error: (message) => void given.error(message, undefined, CONTEXT),
    ...(isDebugging && { debug: (message: string) => void given.debug?.(message, CONTEXT) }),
  };
}
