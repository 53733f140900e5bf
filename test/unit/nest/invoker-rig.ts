import { ApplicationConfig, ExternalContextCreator, ModulesContainer, NestFactory } from '@nestjs/core';
import type { INestApplicationContext, InjectionToken, Provider, Type } from '@nestjs/common';
import type { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface.js';
import { TaskInvokerCompiler } from '../../../lib/nest/enhancers/task-invoker.compiler.js';
import type { TaskHost } from '../../../lib/nest/enhancers/nest-types.js';
import { TaskContext, type TaskParameter, type TaskRequest } from '../../../lib/tasks/index.js';

export const sent = (name: string): TaskParameter => ({ kind: 'sent', name, optional: false });
export const rest = (name: string): TaskParameter => ({ kind: 'rest', name });
export const contextParameter: TaskParameter = { kind: 'context' };
export const kwargsParameter: TaskParameter = { kind: 'kwargs' };
export const injected: TaskParameter = { kind: 'injected' };

export function requestOf(request: Partial<TaskRequest> = {}): TaskRequest {
  return {
    id: 'id-1',
    task: 'demo.run',
    args: [],
    kwargs: {},
    rootId: 'id-1',
    parentId: undefined,
    groupId: undefined,
    groupIndex: undefined,
    retries: 0,
    eta: undefined,
    expires: undefined,
    timeLimitMs: undefined,
    softTimeLimitMs: undefined,
    shadow: undefined,
    origin: undefined,
    lang: 'js',
    hostname: 'worker@test',
    replyTo: undefined,
    correlationId: undefined,
    ignoreResult: false,
    deliveryInfo: { exchange: '', routingKey: 'celery', queue: 'celery', redelivered: false, priority: undefined },
    headers: {},
    stamps: {},
    stampedHeaders: [],
    replacedTaskNesting: 0,
    ...request,
  };
}

export function contextOf(request: Partial<TaskRequest> = {}): TaskContext {
  return new TaskContext(requestOf(request), new AbortController().signal, {
    updateState: () => Promise.resolve(),
    sendEvent: () => Promise.resolve(),
    addToChord: () => 'added',
    retry: () => {
      throw new Error('not in this test');
    },
  });
}

export interface InvokerApp {
  readonly app: INestApplicationContext;
  /** Compiles a method of a provider and gives a call to it. */
  compile(
    token: InjectionToken,
    method: string,
    parameters: readonly TaskParameter[],
    options?: { readonly globalEnhancers?: boolean },
  ): (args?: readonly unknown[], context?: TaskContext) => Promise<unknown>;
  hostOf(token: InjectionToken, method: string): TaskHost;
}

export async function appWith(
  providers: readonly Provider[],
  options: NestApplicationContextOptions & { readonly controllers?: Type[] } = {},
): Promise<InvokerApp> {
  class Root {}
  const { controllers = [], ...contextOptions } = options;
  const module = { module: Root, providers: [...providers], controllers };
  const app = await NestFactory.createApplicationContext(module, {
    logger: ['error', 'warn'],
    abortOnError: false,
    ...contextOptions,
  });
  const compiler = new TaskInvokerCompiler(
    app.get(ExternalContextCreator, { strict: false }),
    app.get(ApplicationConfig, { strict: false }),
  );
  const hostOf: InvokerApp['hostOf'] = (token: InjectionToken, method) => {
    for (const module of app.get(ModulesContainer, { strict: false }).values()) {
      const wrapper = module.providers.get(token as never) ?? module.controllers.get(token as never);
      if (wrapper !== undefined) {
        const instance = wrapper.instance as object;
        return { wrapper, classRef: instance.constructor as TaskHost['classRef'], method };
      }
    }
    throw new Error(`No provider ${String(token)}`);
  };
  return {
    app,
    hostOf,
    compile(token, method, parameters, { globalEnhancers = true } = {}) {
      const plan = { name: `demo.${method}`, parameters, globalEnhancers, hooks: {} };
      const { invoke } = compiler.compile(hostOf(token, method), plan);
      return async (args = [], context = contextOf()) => invoke([...args], context);
    },
  };
}
