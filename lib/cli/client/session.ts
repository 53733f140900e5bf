import { ConsoleLogger, Module, type LogLevel } from '@nestjs/common';
import { Option, type Command } from 'commander';
import { WorkerApplication } from '../../bootstrap/index.js';
import type { TaskClient } from '../../client/index.js';
import { CommandUsageError } from '../../errors/index.js';
import { TaskQueueModule, type TaskQueueHost } from '../../nest/index.js';
import { addApplicationFlag, applicationOf } from '../application/application-flag.js';
import { loadApplication, type Application } from '../application/load-application.js';

/** What a command that talks to a broker needs. */
export interface Session {
  readonly host: TaskQueueHost;
  readonly client: TaskClient;
  /** Without an application nothing is known of tasks and their queues. */
  readonly hasApplication: boolean;
}

const INSTANCE = 'default';

/** Adds the flags that say which broker: an application's, or one by its URL. */
export function addSessionFlags(command: Command): Command {
  return addApplicationFlag(command)
    .option('--instance <name>', 'TaskQueueModule instance of the application')
    .addOption(new Option('-b, --broker <url>', 'broker, instead of an application').env('TASK_QUEUE_BROKER_URL'))
    .addOption(
      new Option('--result-backend <url>', "results, where they are not the broker's").env('TASK_QUEUE_RESULT_URL'),
    )
    .option('-j, --json', 'print JSON');
}

/**
 * Boots what the flags name, and closes it when the work is done.
 * @throws {CommandUsageError} when nothing says which broker
 */
export async function withSession<T>(
  command: Command,
  packageFolder: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { module, options } = await applicationFor(command, packageFolder);
  const { instance = options.instance ?? INSTANCE } = command.opts<{ instance?: string }>();
  const logger = new StderrLogger({ logLevels: ['warn', 'error', 'fatal'] });
  const log = { level: undefined, format: 'text' } as const;
  const application = await WorkerApplication.boot(module, { instance, logger, log });
  try {
    const { host } = application;
    return await work({ host, client: host.client, hasApplication: module !== BrokerOnly });
  } finally {
    await application.close();
  }
}

async function applicationFor(command: Command, packageFolder: string): Promise<Application> {
  const { broker, resultBackend } = command.opts<{ broker?: string; resultBackend?: string }>();
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const app = command.opts<{ app?: string }>().app;
  if (isGiven('broker') && isGiven('app')) {
    throw new CommandUsageError('Give either -A, whose application names its broker, or --broker; not both.');
  }
  if (app !== undefined && !isGiven('broker')) return { ...(await loadApplication(app, packageFolder)) };
  if (broker === undefined) {
    applicationOf({ app }, ' Or name a broker: --broker redis://localhost:6379/0.');
    throw new CommandUsageError('No broker is named.');
  }
  Module({ imports: [TaskQueueModule.forRoot({ broker, ...(resultBackend && { results: resultBackend }) })] })(
    BrokerOnly,
  );
  return { module: BrokerOnly, options: {} };
}

/** Stands for an application where there is only a broker. */
class BrokerOnly {}

/** What an application says while a command runs stays out of what that prints. */
class StderrLogger extends ConsoleLogger {
  protected override printMessages(messages: unknown[], context?: string, logLevel?: LogLevel): void {
    super.printMessages(messages, context, logLevel, 'stderr');
  }
}
