import { ModuleRef } from '@nestjs/core';
import { TaskDeclarationError } from '../../errors/index.js';
import type { TaskOptionsFactory } from '../../tasks/index.js';
import { hostModuleOf, type TaskHost } from '../enhancers/nest-types.js';

type Token = Parameters<ModuleRef['get']>[0];

/**
 * Calls a factory that stands in a decorator with providers of the application: those of the module that provides the task's class first, then any.
 * @param decorator such as `@Task()`, for errors
 * @throws {TaskDeclarationError} when there is no such provider, or the factory fails
 */
export function callFactory<O>(
  factory: TaskOptionsFactory<O>,
  decorator: string,
  host: TaskHost,
  location: string,
): O | Promise<O> {
  const { inject = [], useFactory } = factory;
  const providers = inject.map((entry) => resolve(entry, decorator, host, location));
  const failed = (error: unknown): never => {
    throw new TaskDeclarationError(location, `has a factory in ${decorator} that failed: ${messageOf(error)}`, {
      cause: error,
    });
  };
  try {
    const made = useFactory(...(providers as never[]));
    return made instanceof Promise ? made.catch(failed) : made;
  } catch (error) {
    return failed(error);
  }
}

function resolve(entry: unknown, decorator: string, host: TaskHost, location: string): unknown {
  const { token, optional } = tokenOf(entry);
  const moduleRef = hostModuleOf(host)?.getProviderByKey(ModuleRef)?.instance as ModuleRef | undefined;
  for (const strict of [true, false]) {
    try {
      return moduleRef?.get<unknown>(token, { strict });
    } catch (error) {
      if (strict) continue;
      if (optional) return undefined;
      const problem = `needs "${nameOf(token)}" for its factory in ${decorator}, which cannot be had: ${messageOf(error)}`;
      throw new TaskDeclarationError(location, problem, { cause: error });
    }
  }
  return undefined;
}

function tokenOf(entry: unknown): { readonly token: Token; readonly optional: boolean } {
  if (typeof entry === 'object' && entry !== null && 'token' in entry) {
    return { token: entry.token as Token, optional: 'optional' in entry && entry.optional === true };
  }
  return { token: entry as Token, optional: false };
}

function nameOf(token: unknown): string {
  return typeof token === 'function' ? token.name : String(token);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
