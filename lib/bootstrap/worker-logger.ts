import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';

/** What Nest writes while an application starts; in a worker it would be written once for each child. */
const STARTUP_CONTEXTS: ReadonlySet<unknown> = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Nest's logger without the lines of an application's start. */
export class QuietLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (STARTUP_CONTEXTS.has(rest.at(-1) ?? this.context)) return;
    super.log(message, ...(rest as [unknown]));
  }
}

/** A worker's own logger: what was given, else Nest's. */
export function workerLogger(given: LoggerService | undefined): LoggerService {
  if (given === undefined) return new Logger('TaskWorker');
  return given;
}
