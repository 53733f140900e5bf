import type { ModulesContainer } from '@nestjs/core';
import { readTaskTable, type DeclaredTask, type TaskTable } from '../../tasks/index.js';
import type { ClassRef } from '../enhancers/nest-metadata.js';
import { hostModuleOf, type InstanceWrapper, type TaskHost } from '../enhancers/nest-types.js';

/** A method that a provider or controller declares as a task, before its options are resolved. */
export interface DiscoveredMethod {
  readonly host: TaskHost;
  readonly declared: DeclaredTask;
  readonly defaults: TaskTable['defaults'];
}

/**
 * Finds the tasks of all providers and controllers, whatever provides them: a class, a value or a factory. A class
 * that several modules or tokens provide counts once, its first provider by class before others.
 * @throws {TaskDeclarationError} for decorators that stand where they cannot work
 */
export function discoverMethods(modules: ModulesContainer): readonly DiscoveredMethod[] {
  return [...discoverClasses(modules)].flatMap(([classRef, wrapper]) => {
    const { tasks, defaults } = readTaskTable(classRef);
    return tasks.map((declared) => ({ host: { wrapper, classRef, method: declared.method }, declared, defaults }));
  });
}

/** The classes of all providers and controllers, each with the one of them that counts. */
export function discoverClasses(modules: ModulesContainer): ReadonlyMap<ClassRef, InstanceWrapper> {
  const found = new Map<ClassRef, InstanceWrapper>();
  for (const wrapper of wrappersOf(modules)) {
    const classRef = classOf(wrapper);
    if (classRef === undefined) continue;
    const known = found.get(classRef);
    if (known === undefined || (known.isNotMetatype && !wrapper.isNotMetatype)) found.set(classRef, wrapper);
  }
  return found;
}

/** `Class.method (Module)`, for errors about two of them. */
export function describeMethod({ host, declared }: DiscoveredMethod): string {
  const module = hostModuleOf(host)?.name;
  return module === undefined ? declared.location : `${declared.location} (${module})`;
}

function* wrappersOf(modules: ModulesContainer): Generator<InstanceWrapper> {
  for (const { providers, controllers } of modules.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values()]) {
      if (!wrapper.isAlias) yield wrapper;
    }
  }
}

/** The class of what is provided. A factory's own `metatype` says nothing of what it makes, so the instance is asked. */
function classOf(wrapper: InstanceWrapper): ClassRef | undefined {
  const instance: unknown = wrapper.instance;
  if (typeof instance !== 'object' || instance === null) {
    return wrapper.isNotMetatype ? undefined : (wrapper.metatype as ClassRef);
  }
  try {
    const { constructor } = instance;
    return typeof constructor === 'function' && constructor !== Object
      ? (constructor as unknown as ClassRef)
      : undefined;
  } catch {
    return undefined; // a proxy that only answers within a request
  }
}
