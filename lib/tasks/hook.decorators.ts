import type { TaskHookEvent, TaskHookName } from './task-definition.js';
import { recordMethod } from './task-metadata.js';

type HookDecorator<K extends string> = <M extends (event: TaskHookEvent) => unknown>(
  target: { readonly [Name in K]: (...args: never[]) => unknown },
  method: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Calls a method of a provider before a body of one of its tasks starts, in the process that runs it.
 * @param tasks methods of this class; none for all of its tasks, inherited ones included
 */
export function BeforeTaskStart<K extends string = never>(...tasks: readonly K[]): HookDecorator<NoInfer<K>> {
  return hook('beforeStart', tasks);
}

/** Calls a method of a provider after one of its tasks returned. Parameters as those of `BeforeTaskStart`. */
export function OnTaskSuccess<K extends string = never>(...tasks: readonly K[]): HookDecorator<NoInfer<K>> {
  return hook('onSuccess', tasks);
}

/** Calls a method of a provider after one of its tasks failed, no retry being left. Parameters as those of `BeforeTaskStart`. */
export function OnTaskFailure<K extends string = never>(...tasks: readonly K[]): HookDecorator<NoInfer<K>> {
  return hook('onFailure', tasks);
}

/** Calls a method of a provider when one of its tasks is to be retried. Parameters as those of `BeforeTaskStart`. */
export function OnTaskRetry<K extends string = never>(...tasks: readonly K[]): HookDecorator<NoInfer<K>> {
  return hook('onRetry', tasks);
}

/** Calls a method of a provider after each run of one of its tasks, whatever came of it. Parameters as those of `BeforeTaskStart`. */
export function AfterTaskReturn<K extends string = never>(...tasks: readonly K[]): HookDecorator<NoInfer<K>> {
  return hook('afterReturn', tasks);
}

function hook<K extends string>(name: TaskHookName, methods: readonly K[]): HookDecorator<K> {
  return (target, method) => {
    recordMethod(target, method).hooks.unshift({ hook: name, methods });
  };
}
