import type { Sendable } from './sent-types.js';
import { recordDefaults, recordMethod } from './task-metadata.js';
import type { TaskDefaultsOptions, TaskFactoryOptions, TaskOptions } from './task-options.interface.js';

/**
 * Makes a method of a provider a task. A parameter that cannot be sent, such as a function, does not compile; one that a
 * decorator of yours fills is typed `Injected<T>`.
 *
 * Options may come from providers: `@Task({ name, inject: [ConfigService], useFactory: (config: ConfigService) => ({ … }) })`.
 * They are checked when the application starts.
 */
export function Task(
  options: TaskOptions | TaskFactoryOptions = {},
): <M extends (...args: never[]) => unknown>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<M> & Sendable<M>,
) => void {
  return (target, method) => {
    recordMethod(target, method).tasks.unshift(options);
  };
}

/** Options for every task of a class; what a task's own `@Task()` says wins. Subclasses inherit them. */
export function TaskDefaults(
  options: TaskDefaultsOptions,
): (target: abstract new (...args: never[]) => object) => void {
  return (target) => recordDefaults(target.prototype as object, options);
}
