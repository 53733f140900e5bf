import type { Observable } from 'rxjs';
import type { TaskContext } from './task-context.js';

declare const injected: unique symbol;

/**
 * Type of a parameter that a parameter decorator of yours fills, so that senders are not asked for it:
 * `@CurrentUser() user: Injected<User>`. Import it by `import type`.
 */
export type Injected<T> = T & { readonly [injected]?: true };

/** Type of a parameter that `@Kwargs()` fills. */
export type FilledByKwargs<T extends object> = T & { readonly [injected]?: 'kwargs' };

/** Whether a type is `any`. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

/** Whether a parameter of this type is filled when the task runs, not by its sender. */
export type IsInjected<T> =
  IsAny<T> extends true
    ? false
    : [T] extends [never]
      ? false
      : [NonNullable<T>] extends [never]
        ? false
        : [NonNullable<T>] extends [TaskContext]
          ? true
          : typeof injected extends keyof NonNullable<T>
            ? true
            : false;

/** Whether a parameter of this type is one that `@Kwargs()` may fill. */
export type IsKwargs<T> = IsInjected<T> extends true ? ([NonNullable<T>] extends [TaskContext] ? false : true) : false;

/** The first element of a tuple as a tuple of its own, which keeps its label. */
type First<P extends readonly unknown[]> = P extends readonly [infer H, ...infer R]
  ? number extends R['length']
    ? [H]
    : P extends readonly [...infer F, ...R]
      ? F
      : never
  : never;

type IsPlainArray<P extends readonly unknown[]> = number extends P['length']
  ? P[number][] extends P
    ? true
    : false
  : false;

/** What a sender gives for a method's parameters: all but the injected ones. */
export type SentArgs<P extends readonly unknown[]> = P extends readonly []
  ? []
  : IsPlainArray<P> extends true
    ? IsInjected<P[number]> extends true
      ? []
      : P
    : P extends readonly [infer H, ...infer R]
      ? [...(IsInjected<H> extends true ? [] : First<P>), ...SentArgs<R>]
      : P extends readonly [_?: infer H, ...rest: infer R]
        ? [...(IsInjected<H> extends true ? [] : Partial<First<Required<P>>>), ...SentArgs<R>]
        : never;

/** What a sender gets for a method's return type: a promise's value, an Observable's last one. */
export type TaskResult<R> = R extends Observable<infer V> ? V : Awaited<R>;

type Unsendable<T> =
  IsAny<T> extends true
    ? never
    : T extends ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown)
      ? 'a function'
      : T extends symbol
        ? 'a symbol'
        : T extends PromiseLike<unknown>
          ? 'a promise'
          : T extends ReadonlyMap<unknown, unknown> | WeakMap<WeakKey, unknown>
            ? 'a Map; take an object or an array of pairs'
            : T extends ReadonlySet<unknown> | WeakSet<WeakKey>
              ? 'a Set; take an array'
              : T extends RegExp
                ? 'a RegExp; take its source'
                : never;

type UnsendableIn<P extends readonly unknown[]> = Unsendable<SentArgs<P>[number]>;

/** `unknown` where every parameter of a method can be sent, else a type that names what cannot. Used by `@Task()`. */
export type Sendable<M> = M extends (...args: infer P) => unknown
  ? [UnsendableIn<P>] extends [never]
    ? unknown
    : { readonly 'this task has a parameter that cannot be sent': UnsendableIn<P> }
  : unknown;
