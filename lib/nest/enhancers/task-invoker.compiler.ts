import { Injectable } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator, type ContextId } from '@nestjs/core';
import { TaskForbidden } from '../../errors/index.js';
import type { RunnableTask, TaskContext, TaskHookEvent, TaskHookName, TaskParameter } from '../../tasks/index.js';
import { hasEnhancers } from './enhancer-survey.js';
import { ExecutionScope, isScoped } from './execution-scope.js';
import { contextCreatorFor, isRefusal, lastValue } from './external-context.js';
import { copyMetadata, declaredMethod } from './nest-metadata.js';
import { hostModuleOf, scopedGlobals, type TaskHost } from './nest-types.js';
import { parameterEntries, slotValues } from './parameter-slots.js';
import { TASK_CONTEXT_TYPE } from './task-execution-context.js';

/** Key of our own for the entries of a method's parameters. */
const PARAMETERS = 'nest-task-queue:parameters';

/** What has to be known of a task to call it. */
export interface InvocationPlan {
  /** The task's name, for the error of a guard's refusal. */
  readonly name: string;
  readonly parameters: readonly TaskParameter[];
  /** Whether enhancers of the whole application run too. */
  readonly globalEnhancers: boolean;
  /** Methods of the provider, by the hook they serve. */
  readonly hooks: Readonly<Partial<Record<TaskHookName, readonly string[]>>>;
}

type Invoke = RunnableTask['invoke'];
type Hook = (event: TaskHookEvent) => unknown;
type Method = (...args: unknown[]) => unknown;
type Callable = Record<string, Method>;

/**
 * Decides once, when the application starts, how the calls of a task reach its method: directly, or through the guards, interceptors, pipes
 * and filters that apply to it; on the one instance of its provider, or on one made for each execution. The method is
 * looked up on the instance at each call, so what wraps it later (tracing, a test's spy) is called too.
 */
@Injectable()
export class TaskInvokerCompiler {
  readonly #creator: ExternalContextCreator;
  readonly #config: ApplicationConfig;

  constructor(creator: ExternalContextCreator, config: ApplicationConfig) {
    this.#creator = creator;
    this.#config = config;
  }

  /** @throws {UnusableEnhancerError} when an enhancer of the task could not run */
  compile(host: TaskHost, plan: InvocationPlan): Pick<RunnableTask, 'invoke' | 'hooks'> {
    const globals = plan.globalEnhancers ? scopedGlobals(this.#config) : [];
    const scope = isScoped(host.wrapper) || globals.length > 0 ? new ExecutionScope(host, globals) : undefined;
    const enhanced = hasEnhancers(host, plan.parameters, plan.globalEnhancers, this.#config);
    return {
      invoke: enhanced ? this.#throughEnhancers(host, plan, scope) : direct(host, scope),
      hooks: hooksOf(host, plan, scope),
    };
  }

  #throughEnhancers(host: TaskHost, plan: InvocationPlan, scope: ExecutionScope | undefined): Invoke {
    const call = this.#caller(host, plan);
    const fixed = scope === undefined ? call(host.wrapper.instance as object) : undefined;
    const least = plan.parameters.length - (hasRest(plan.parameters) ? 1 : 0);
    return async (args, context) => {
      while (args.length < least) args.push(undefined);
      try {
        if (fixed !== undefined || scope === undefined) return await fixed?.(...args, context);
        const { instance, contextId } = await scope.open(context.request);
        return await call(instance, contextId)(...args, context);
      } catch (error) {
        throw isRefusal(error) ? new TaskForbidden(plan.name, { cause: error }) : error;
      }
    };
  }

  #caller(host: TaskHost, plan: InvocationPlan): (instance: object, contextId?: ContextId) => Method {
    const { wrapper, classRef, method } = host;
    const moduleKey = hostModuleOf(host)?.token ?? '';
    const creator = contextCreatorFor(this.#creator, moduleKey, plan.globalEnhancers);
    const body = bodyOf(host, plan.parameters);
    const entries = parameterEntries(plan.parameters, classRef, method);
    Reflect.defineMetadata(PARAMETERS, entries, classRef, method);
    const runs = { guards: true, interceptors: true, filters: true };
    return (instance, contextId) =>
      creator.create(
        instance as Callable,
        body,
        method,
        PARAMETERS,
        slotValues,
        contextId,
        wrapper.id,
        runs,
        TASK_CONTEXT_TYPE,
      );
  }
}

/** No enhancers: nothing between the call and the method but one await. */
function direct({ wrapper, method }: TaskHost, scope: ExecutionScope | undefined): Invoke {
  if (scope === undefined) {
    const instance = wrapper.instance as Callable;
    return (args) => valueOf(instance[method]?.(...args));
  }
  return async (args: unknown[], context: TaskContext) => {
    const { instance } = await scope.open(context.request);
    return valueOf((instance as Callable)[method]?.(...args));
  };
}

/** A promise is handed on as it is: whoever runs the task waits for it, and each one more costs as much as the rest of the call. */
function valueOf(returned: unknown): unknown {
  const isStream = typeof returned === 'object' && returned !== null && 'subscribe' in returned;
  return isStream ? lastValue(returned) : returned;
}

/** Hooks are plain calls: no enhancer runs for them. */
function hooksOf(
  { wrapper }: TaskHost,
  { hooks }: InvocationPlan,
  scope: ExecutionScope | undefined,
): RunnableTask['hooks'] {
  const toHook = (method: string): Hook => {
    if (scope === undefined) return (event) => (wrapper.instance as Callable)[method]?.(event);
    return async (event) => ((await scope.open(event.context.request)).instance as Callable)[method]?.(event);
  };
  const entries = Object.entries(hooks).map(([name, methods]) => [name, methods.map(toHook)] as const);
  return Object.fromEntries(entries);
}

/** Stands in for the method towards Nest: of its name and with its metadata, and spreading a rest parameter, which arrives as one value. */
function bodyOf({ classRef, method }: TaskHost, parameters: readonly TaskParameter[]): Method {
  const last = parameters.length - 1;
  const spread = hasRest(parameters);
  const body = function (this: Callable, ...values: unknown[]): unknown {
    const args = spread
      ? [...values.slice(0, last), ...(values[last] as readonly unknown[])]
      : values.slice(0, parameters.length);
    return this[method]?.(...args);
  };
  Object.defineProperty(body, 'name', { value: method, configurable: true });
  const declared = declaredMethod(classRef, method);
  if (declared !== undefined) copyMetadata(declared, body);
  return body;
}

function hasRest(parameters: readonly TaskParameter[]): boolean {
  return parameters.at(-1)?.kind === 'rest';
}
