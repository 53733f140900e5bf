import { Command } from 'commander';
import { resolveRunOptions, TaskWorkerFactory, type WorkerRunOptions } from '../../bootstrap/index.js';
import { namingTexts } from '../../options/index.js';
import { currentChildRole } from '../../pools/index.js';
import { addApplicationFlag, applicationOf } from '../application/application-flag.js';
import { loadApplication } from '../application/load-application.js';
import type { CommandContext } from '../command-context.js';
import { PidFile } from '../pid-file.js';
import { asUsage } from '../report-error.js';
import { addWorkerFlags, readWorkerFlags, type FlagValues } from './worker-flags.js';

/** `task-queue worker`: the whole of a worker file, on a command line. In a child of the pool it runs again, and runs tasks. */
export function workerCommand({ binFile, packageFolder }: CommandContext): Command {
  const command = new Command('worker').description('run a worker');
  addWorkerFlags(addApplicationFlag(command));
  command.addHelpText('after', EXAMPLES);
  return command.action(async (values: FlagValues) => {
    const { options, texts } = asUsage(() => readWorkerFlags(values));
    asUsage(() => namingTexts(texts, () => resolveRunOptions(options, process.env)));
    if (typeof values['pidfile'] === 'string' && currentChildRole() === undefined)
      new PidFile(values['pidfile']).hold();
    const application = await loadApplication(applicationOf(values), packageFolder);
    const given = withoutOtherPools(application.options, options);
    await TaskWorkerFactory.run(application.module, { ...given, ...options, entry: binFile });
  });
}

/** A pool by a flag stands for the several of the worker file, and the other way round. */
function withoutOtherPools(given: WorkerRunOptions, flags: WorkerRunOptions): WorkerRunOptions {
  if (flags.pools !== undefined) {
    const { pool: _1, concurrency: _2, autoscale: _3, childConcurrency: _4, ...rest } = given;
    return rest;
  }
  const { pools: _, ...rest } = given;
  return flags.pool === undefined ? given : rest;
}

const EXAMPLES = `
Examples:
  task-queue worker -A dist/app.module.js
  task-queue worker -A dist/app.module.js#BillingModule -Q important -c 2 -n billing@%h
  task-queue worker -A dist/worker.js --pool threads --autoscale 10,3
  task-queue worker -A dist/app.module.js --pools async=100,threads=2

What flags say wins over the options of a worker file, those over TaskQueueModule.forRoot(), and that over the environment
(TASK_QUEUE_CONCURRENCY and so on). Ends with 0 after a shutdown, 1 when the worker cannot run, 2 for a wrong flag.`;
