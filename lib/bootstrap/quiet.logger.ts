import { ConsoleLogger } from '@nestjs/common';

/** What Nest writes while an application starts. */
const STARTUP_CONTEXTS: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
]);

/** Nest's logger without the lines of an application's start, which a worker would write once for each child. */
export class QuietLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1) ?? this.context;
    if (STARTUP_CONTEXTS.has(context)) return;
    super.log(message, ...(rest as [unknown]));
  }
}
