import { ContextIdFactory, ModuleRef, type ContextId } from '@nestjs/core';
import type { TaskRequest } from '../../tasks/index.js';
import { hostModuleOf, type InstanceWrapper, type TaskHost } from './nest-types.js';

/** The provider a task runs on, in the scope of one execution. */
export interface ScopedInstance {
  readonly instance: object;
  readonly contextId: ContextId;
}

/** What is used of `ModuleRef` beyond its public methods; the same in Nest 11.1.4 to 12.5. */
interface WithInjector {
  readonly injector: {
    loadEnhancersPerContext(of: InstanceWrapper, contextId: ContextId, inquirer: InstanceWrapper): Promise<void>;
  };
}

/** Whether a provider is made anew for each execution (or tenant), by its own scope or that of anything it needs. */
export function isScoped(wrapper: InstanceWrapper): boolean {
  return wrapper.isTransient || !wrapper.isDependencyTreeStatic();
}

/**
 * Opens a request scope for each execution of one task. `@Inject(REQUEST)` gives the task's request there, merged with the payload of a context id
 * strategy if there is one; in a durable provider it gives that payload, as with HTTP.
 * @param globals scoped enhancers of the whole application that have to exist in the same scope
 */
export class ExecutionScope {
  readonly #opened = new WeakMap<TaskRequest, Promise<ScopedInstance>>();
  readonly #wrapper: InstanceWrapper;
  readonly #moduleRef: ModuleRef;
  readonly #withGlobals: InstanceWrapper | undefined;

  constructor(host: TaskHost, globals: readonly InstanceWrapper[]) {
    this.#wrapper = host.wrapper;
    this.#moduleRef = hostModuleOf(host)?.getProviderByKey(ModuleRef)?.instance as ModuleRef;
    this.#withGlobals = globals.length === 0 ? undefined : withEnhancers(host.wrapper, globals);
  }

  /** The scope of one execution: the body and the hooks of one request share it. */
  open(request: TaskRequest): Promise<ScopedInstance> {
    const known = this.#opened.get(request);
    if (known !== undefined) return known;
    const opened = this.#open(request);
    this.#opened.set(request, opened);
    return opened;
  }

  async #open(request: TaskRequest): Promise<ScopedInstance> {
    const wrapper = this.#wrapper;
    const contextId = ContextIdFactory.getByRequest(request);
    this.#moduleRef.registerRequestByContextId(requestIn(contextId, wrapper, request), contextId);
    const instance: object = isScoped(wrapper)
      ? await this.#moduleRef.resolve<object>(wrapper.token as never, contextId, { strict: true })
      : (wrapper.instance as object);
    if (this.#withGlobals !== undefined) {
      const { injector } = this.#moduleRef as unknown as WithInjector;
      await injector.loadEnhancersPerContext(this.#withGlobals, contextId, this.#withGlobals);
    }
    return { instance, contextId };
  }
}

/**
 * The wrapper as it would be if these enhancers were its own, which would make it scoped, as Nest does with controllers. The
 * provider itself must stay what it is, since others inject it.
 */
function withEnhancers(wrapper: InstanceWrapper, globals: readonly InstanceWrapper[]): InstanceWrapper {
  const all = [...globals, ...(wrapper.getEnhancersMetadata() ?? [])];
  const own = { getEnhancersMetadata: () => all, isDependencyTreeStatic: () => false };
  return Object.assign(Object.create(wrapper) as InstanceWrapper, own);
}

function requestIn(contextId: ContextId, wrapper: InstanceWrapper, request: TaskRequest): unknown {
  const { payload } = contextId as { payload?: unknown };
  if (payload === undefined) return request;
  return wrapper.isDependencyTreeDurable() ? payload : { ...request, ...(payload as object) };
}
