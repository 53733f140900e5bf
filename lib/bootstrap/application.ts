import type { INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ResultBackend } from '../backends/index.js';
import { ModuleSetupError } from '../errors/index.js';
import type { TaskTracer } from '../execution/index.js';
import { getTaskQueueHostToken, TaskQueueHost, type WorkerReport } from '../nest/index.js';
import { nestLogger, workerLog, type LogSetup } from './worker-logger.js';

/** A Nest module a worker runs: the application's root module. */
export type WorkerModule = Type<unknown>;

export interface ApplicationOptions extends LogSetup {
  /** Name of the `TaskQueueModule` instance. */
  readonly instance: string;
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
      logger: nestLogger(options),
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
    return this.host.workerReport();
  }

  /**
   * What runs the tasks.
   * @param hostname node name of the worker
   * @param backend connected; for the states a task stores while it runs
   */
  createTracer(hostname: string, backend: ResultBackend | undefined): TaskTracer {
    return this.host.createTracer({ hostname, backend, log: workerLog(this.options) });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}

function hostOf(context: INestApplicationContext, module: WorkerModule, instance: string): TaskQueueHost {
  try {
    return context.get(getTaskQueueHostToken(instance), { strict: false });
  } catch (error) {
    const call =
      instance === 'default' ? 'TaskQueueModule.forRoot()' : `TaskQueueModule.forRoot({ name: "${instance}" })`;
    throw new ModuleSetupError(
      `Module "${module.name}" does not import ${call}, so a worker has nothing to run. Import it there.`,
      {
        cause: error,
      },
    );
  }
}
