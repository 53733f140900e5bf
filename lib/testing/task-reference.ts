import type { TaskHandle } from '../client/index.js';
import type { SentArgs } from '../tasks/index.js';

/** Any class. */
export type TaskClass<T extends object = object> = abstract new (...args: never[]) => T;

/** Methods of a class, each of which may be a task. */
export type MethodOf<T> = {
  [K in keyof T]: K extends string ? (T[K] extends (...args: never[]) => unknown ? K : never) : never;
}[keyof T];

/** What is sent to a task that is a method. */
export type ArgsOf<T, K extends keyof T> = T[K] extends (...args: infer P) => unknown ? SentArgs<P> : never;

/** A task as tests name it: by its name on the wire, by class and method, or by its handle. */
export type TaskReference =
  string | readonly [TaskClass, string] | Pick<TaskHandle<readonly unknown[], unknown>, 'name'>;
