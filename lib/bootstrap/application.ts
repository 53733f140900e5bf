import type { INestApplicationContext, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ResultBackend } from '../backends/index.js';
import { ModuleSetupError } from '../errors/index.js';
import { TaskTracer } from '../execution/index.js';
import { getTaskQueueHostToken, TaskQueueHost } from '../nest/index.js';
import { QuietLogger, workerLogger } from './worker-logger.js';
import { reportSchedule, traitsOf, type WorkerReport } from './worker-report.js';

/** A Nest module a worker runs: the application's root module. */
export type WorkerModule = Type<unknown>;

export interface ApplicationOptions {
  /** Name of the `TaskQueueModule` instance. */
  readonly instance: string;
  readonly logger: LoggerService | undefined;
}

/** An application that runs tasks in this process: booted once, whatever the pool. */
export class WorkerApplication {
  private constructor(
    readonly context: INestApplicationContext,
    readonly host: TaskQueueHost,
    private readonly options: ApplicationOptions,
  ) {}

  /** @throws what the module throws while it boots; {ModuleSetupError} when it does not import the instance */
  static async boot(module: WorkerModule, options: ApplicationOptions): Promise<WorkerApplication> {
    const context = await NestFactory.createApplicationContext(module, {
      logger: options.logger ?? new QuietLogger(),
      abortOnError: false,
    });
    try {
      return new WorkerApplication(context, hostOf(context, module, options.instance), options);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /** What a supervisor in another process has to know. */
  report(): WorkerReport {
    const { registry, schedules } = this.host;
    const { broker, results, tasks, worker, beat, serialization } = this.host.moduleOptionsReport();
    const runnable = registry.names().map((name) => registry.get(name)).filter((task) => task !== undefined);
    return {
      tasks: runnable.map(traitsOf),
      schedules: schedules.map((entry) => reportSchedule(entry, registry.get(entry.task))),
      options: { broker, results, tasks, worker, beat, serialization },
    };
  }

  /**
   * What runs the tasks.
   * @param hostname node name of the worker
   * @param backend connected; for the states a task stores while it runs
   */
  createTracer(hostname: string, backend: ResultBackend | undefined): TaskTracer {
    const { host } = this;
    return new TaskTracer({
      tasks: host.registry,
      messages: host.createMessageFactory(hostname, host.createBroker()),
      serialization: host.serialization,
      backend,
      results: host.options.results,
      hostname,
      clock: host.clock,
      log: workerLogger(this.options.logger),
      signals: host.signals,
      propagators: host.options.propagators,
      errors: host.options.errors,
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

function hostOf(context: INestApplicationContext, module: WorkerModule, instance: string): TaskQueueHost {
  try {
    return context.get(getTaskQueueHostToken(instance), { strict: false });
  } catch (error) {
    const call = instance === 'default' ? 'TaskQueueModule.forRoot()' : `TaskQueueModule.forRoot({ name: "${instance}" })`;
    throw new ModuleSetupError(`Module "${module.name}" does not import ${call}, so a worker has nothing to run. Import it there.`, {
      cause: error,
    });
  }
}
