import { ConfigurableModuleBuilder, Inject, Optional, type DynamicModule, type Provider } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { ModuleSetupError } from '../errors/index.js';
import { systemClock, type Clock } from '../time/index.js';
import { resolveModuleOptions, type ResolvedModuleOptions, type TaskQueueModuleOptions } from './module-options.js';
import { TaskQueueHealthIndicator } from './task-queue.health.js';
import { TaskQueueHost } from './task-queue.host.js';
import {
  DEFAULT_INSTANCE,
  getTaskClientToken,
  getTaskControlToken,
  getTaskEventsToken,
  getTaskQueueHealthToken,
  getTaskQueueHostToken,
} from './tokens.js';

/** Token of the clock that the module and its client go by; tests override it with a virtual one. */
export const TASK_QUEUE_CLOCK = Symbol.for('nest-task-queue:clock');

/** Token of what the resolved options of every instance pass through; tests override it to put stores of their own in. */
export const TASK_QUEUE_OPTIONS_OVERRIDE = Symbol.for('nest-task-queue:options-override');

/** @see TASK_QUEUE_OPTIONS_OVERRIDE */
export type OptionsOverride = (options: ResolvedModuleOptions) => ResolvedModuleOptions;

/** Makes the options of `TaskQueueModule.forRootAsync({ useClass })`. */
export interface TaskQueueOptionsFactory {
  createTaskQueueOptions(): TaskQueueModuleOptions | Promise<TaskQueueModuleOptions>;
}

/** What shapes the module itself. With `forRootAsync` it stands beside `useFactory`. */
export interface TaskQueueModuleExtras {
  /** Whether its client can be injected in every module. @defaultValue true */
  readonly isGlobal?: boolean;
  /** Name of the instance, for a second broker: `@InjectTaskClient('billing')`. @defaultValue 'default' */
  readonly name?: string;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TaskQueueModuleOptions>({ moduleName: 'TaskQueue' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createTaskQueueOptions')
    .setExtras<TaskQueueModuleExtras>({ isGlobal: true, name: DEFAULT_INSTANCE }, (definition, extras) => {
      const { isGlobal = true, name = DEFAULT_INSTANCE } = extras;
      return {
        ...definition,
        global: isGlobal,
        providers: [...(definition.providers ?? []), ...providersOf(name)],
        exports: [...(definition.exports ?? []), ...tokensOf(name)],
      };
    })
    .build();

/** Options of `forRoot()`. */
export type TaskQueueRootOptions = typeof OPTIONS_TYPE;
/** Options of `forRootAsync()`. */
export type TaskQueueRootAsyncOptions = typeof ASYNC_OPTIONS_TYPE;

/**
 * Makes `TaskClient`, `TaskEvents` and `TaskControl` injectable, and finds the tasks of the application. It sends and never consumes: only
 * a worker (`TaskWorkerFactory`) does.
 *
 * Every instance knows every task of the application; the client that a sender uses decides which broker a task goes to. `@Schedule()`
 * entries are sent by workers of the default instance, or of the only one.
 */
export class TaskQueueModule extends ConfigurableModuleClass {
  /** @throws {ModuleSetupError} when it is imported as a class */
  constructor(@Optional() @Inject(MODULE_OPTIONS_TOKEN) options?: TaskQueueModuleOptions) {
    super();
    if (options !== undefined) return;
    throw new ModuleSetupError(
      'TaskQueueModule is imported as it is. Import TaskQueueModule.forRoot() or forRootAsync() once, in the root module; ' +
        'it is global, so that other modules need not import it.',
    );
  }

  /** With no options at all, tasks and results are kept in a file that processes of this machine share. */
  static override forRoot(options: TaskQueueRootOptions = {}): DynamicModule {
    return super.forRoot(options);
  }
}

/** All is made here, for one name: with providers on the class, a second instance would give every consumer the first one's client. */
function providersOf(name: string): Provider[] {
  const host = getTaskQueueHostToken(name);
  return [
    { provide: TASK_QUEUE_CLOCK, useValue: systemClock },
    { provide: TASK_QUEUE_OPTIONS_OVERRIDE, useValue: ((options) => options) satisfies OptionsOverride },
    {
      provide: host,
      useFactory: (
        given: TaskQueueModuleOptions,
        clock: Clock,
        override: OptionsOverride,
        modules: ModulesContainer,
        contexts: ExternalContextCreator,
        config: ApplicationConfig,
      ) => {
        const options = override(resolveModuleOptions(given, name, process.env));
        return new TaskQueueHost({ options, clock, modules, contexts, config });
      },
      inject: [
        MODULE_OPTIONS_TOKEN,
        TASK_QUEUE_CLOCK,
        TASK_QUEUE_OPTIONS_OVERRIDE,
        ModulesContainer,
        ExternalContextCreator,
        ApplicationConfig,
      ],
    },
    { provide: getTaskClientToken(name), useFactory: ({ client }: TaskQueueHost) => client, inject: [host] },
    { provide: getTaskControlToken(name), useFactory: ({ control }: TaskQueueHost) => control, inject: [host] },
    { provide: getTaskEventsToken(name), useFactory: ({ events }: TaskQueueHost) => events, inject: [host] },
    {
      provide: getTaskQueueHealthToken(name),
      useFactory: (queueHost: TaskQueueHost) => new TaskQueueHealthIndicator(queueHost),
      inject: [host],
    },
  ];
}

function tokensOf(name: string) {
  return [
    getTaskClientToken(name),
    getTaskControlToken(name),
    getTaskEventsToken(name),
    getTaskQueueHealthToken(name),
    getTaskQueueHostToken(name),
  ];
}
