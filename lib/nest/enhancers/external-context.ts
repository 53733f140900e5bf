import { ForbiddenException, type ArgumentsHost, type PipeTransform } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { isControlFlow } from './control-flow.js';
import { ParameterSlot } from './parameter-slots.js';

/**
 * What is used of Nest's context creator beyond its public `create()`: private members, the same in Nest 11.1.4 to 12.5. All knowledge of
 * them is in this file, and the specs of the invoker hold it against each major.
 */
interface Internals {
  guardsContextCreator: ContextCreatorPart;
  interceptorsContextCreator: ContextCreatorPart;
  pipesContextCreator: PipesContextCreator;
  filtersContextCreator: ContextCreatorPart;
  guardsConsumer: GuardsConsumer;
  externalErrorProxy: ErrorProxy;
  handlerMetadataStorage: { constructor: unknown };
  getHostModuleKey: () => string;
  getContextModuleKey: () => string;
  getParamValue: ParamValue;
  transformToResult: (result: unknown) => Promise<unknown>;
}

interface ContextCreatorPart {
  readonly constructor: unknown;
  readonly container: unknown;
}

interface PipesContextCreator extends ContextCreatorPart {
  setModuleContext(moduleKey: string): void;
  createConcreteContext(pipes: readonly unknown[], contextId: undefined, inquirerId: string): readonly PipeTransform[];
}

interface GuardsConsumer {
  tryActivate(guards: readonly object[], ...rest: unknown[]): Promise<boolean>;
}

interface ErrorProxy {
  createProxy(target: Call, handler: Pick<ExceptionsHandler, 'next'>, type: string): Call;
}

interface ExceptionsHandler {
  filters: readonly ExceptionFilterEntry[];
  setCustomFilters(filters: readonly ExceptionFilterEntry[]): void;
  invokeCustomFilters(error: unknown, host: ArgumentsHost): unknown;
  next(error: unknown, host: ArgumentsHost): unknown;
}

interface ExceptionFilterEntry {
  readonly func: (error: unknown, host: ArgumentsHost) => unknown;
}

type Call = (...args: unknown[]) => Promise<unknown>;
type PipeMetadata = { readonly data?: unknown };
type ParamValue = (value: unknown, metadata: PipeMetadata, pipes: readonly unknown[]) => Promise<unknown>;
type Constructor = new (...args: unknown[]) => never;

const CONTEXT_CREATORS = [
  'guardsContextCreator',
  'interceptorsContextCreator',
  'pipesContextCreator',
  'filtersContextCreator',
] as const;

/** Refusals of guards, told from errors that the body threw. */
const refusals = new WeakSet<object>();

/** Whether a guard refused, rather than failed: it returned false, or threw 401 or 403. */
export function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && refusals.has(error);
}

/**
 * Nest's context creator, made to serve one task:
 * - it looks for enhancers in the module that provides the task's class, whatever its token;
 * - without `globals`, those of the whole application are left out, which its options cannot do;
 * - refusals of guards can be told from other errors, filters do not see control flow and do not log what none of them caught;
 * - an Observable that ends without a value is `undefined`.
 */
export function contextCreatorFor(
  creator: ExternalContextCreator,
  moduleKey: string,
  globals: boolean,
): ExternalContextCreator {
  const base = creator as unknown as Internals;
  const own = Object.create(creator) as Internals;
  if (!globals) for (const part of CONTEXT_CREATORS) own[part] = withoutConfig(base[part]) as never;
  // Nest 11 caches by the method's name alone, so another library's call to the same method must not meet ours.
  own.handlerMetadataStorage = new (base.handlerMetadataStorage.constructor as Constructor)();
  own.getHostModuleKey = own.getContextModuleKey = () => moduleKey;
  own.guardsConsumer = marking(base.guardsConsumer);
  own.externalErrorProxy = { createProxy: filtered(base.externalErrorProxy) };
  own.getParamValue = piped(base.getParamValue.bind(own));
  own.transformToResult = lastValue;
  return own as unknown as ExternalContextCreator;
}

/**
 * The pipes behind what decorators were given, classes being looked up in a module.
 * @param pipes none that is made for each request
 */
export function pipeInstances(
  creator: ExternalContextCreator,
  moduleKey: string,
  pipes: readonly unknown[],
  inquirerId: string,
): readonly PipeTransform[] {
  const { pipesContextCreator } = creator as unknown as Internals;
  pipesContextCreator.setModuleContext(moduleKey);
  return pipesContextCreator.createConcreteContext(pipes, undefined, inquirerId);
}

/** The last value of an Observable, `undefined` for none; any other value as it is. */
export async function lastValue(result: unknown): Promise<unknown> {
  const value = await result;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}

function withoutConfig(part: ContextCreatorPart): ContextCreatorPart {
  return new (part.constructor as Constructor)(part.container);
}

/** Asks one guard after the other, so that the refusal says which. */
function marking(consumer: GuardsConsumer): GuardsConsumer {
  return {
    async tryActivate(guards, ...rest) {
      for (const guard of guards) {
        try {
          if (await consumer.tryActivate([guard], ...rest)) continue;
        } catch (error) {
          if (isForbidding(error)) refusals.add(error);
          throw error;
        }
        const name = typeof guard === 'function' ? guard.name : guard.constructor.name;
        const refusal = new ForbiddenException('Forbidden resource', { description: `${name} returned false` });
        refusals.add(refusal);
        throw refusal;
      }
      return true;
    },
  };
}

function isForbidding(error: unknown): error is object {
  if (typeof error !== 'object' || error === null || !('getStatus' in error)) return false;
  const status: unknown = typeof error.getStatus === 'function' ? error.getStatus() : undefined;
  return status === 401 || status === 403;
}

/** What a filter returns is the result, unless it returns `undefined`; what no filter catches is thrown on, unlogged. */
function filtered(proxy: ErrorProxy): (target: Call, handler: ExceptionsHandler, type: string) => Call {
  return (target, handler, type) => {
    const filters = handler.filters.map((entry) => ({
      ...entry,
      func: async (error: unknown, host: ArgumentsHost) => ({ returned: await entry.func(error, host) }),
    }));
    handler.setCustomFilters(filters);
    const next = async (error: unknown, host: ArgumentsHost): Promise<unknown> => {
      if (isControlFlow(error)) throw error;
      const caught = (await handler.invokeCustomFilters(error, host)) as { returned: unknown } | null | undefined;
      if (caught?.returned === undefined) throw error;
      return caught.returned;
    };
    return proxy.createProxy(target, { next }, type);
  };
}

/** Pipes see each element of a rest parameter by itself, and nothing that no sender sent. */
function piped(apply: ParamValue): ParamValue {
  return async (value, metadata, pipes) => {
    if (!(metadata.data instanceof ParameterSlot)) return apply(value, metadata, pipes);
    const sent = { ...metadata, data: undefined };
    switch (metadata.data.kind) {
      case 'sent':
        return apply(value, sent, pipes);
      case 'rest':
        return Promise.all((value as readonly unknown[]).map((each) => apply(each, sent, pipes)));
      default:
        return value;
    }
  };
}
