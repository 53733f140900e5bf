import 'reflect-metadata';

/**
 * Keys under which Nest's decorators keep what they were given. They are plain strings that have not changed since Nest 4, while the
 * files that export them moved in Nest 12.
 * @source @nestjs/common constants.ts
 */
export const GUARDS = '__guards__';
export const INTERCEPTORS = '__interceptors__';
export const PIPES = '__pipes__';
export const FILTERS = '__exceptionFilters__';
export const ROUTE_ARGUMENTS = '__routeArguments__';
/** Part of the key of an entry that `createParamDecorator` made. */
export const CUSTOM_ARGUMENT = '__customRouteArgs__';
export const PARAM_TYPES = 'design:paramtypes';

/** What Nest keeps of one decorated parameter. */
export interface ArgumentEntry {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
  readonly factory?: unknown;
}

/** A class as the container knows it. */
export type ClassRef = abstract new (...args: never[]) => object;

/** The method as its class declares it, below whatever wraps the instance; with it go the enhancers' metadata. */
export function declaredMethod(classRef: ClassRef, method: string): object | undefined {
  const value: unknown = Reflect.get(classRef.prototype as object, method);
  return typeof value === 'function' ? value : undefined;
}

/** Enhancers of one kind on the class and on the method, as their decorators got them: classes or instances. */
export function enhancersOf(key: string, classRef: ClassRef, method: string): readonly unknown[] {
  const handler = declaredMethod(classRef, method);
  return [...listAt(key, classRef), ...(handler === undefined ? [] : listAt(key, handler))];
}

/** What Nest's parameter decorators recorded, by their keys (`type:index` or `type__customRouteArgs__:index`). */
export function argumentEntries(classRef: ClassRef, method: string): Readonly<Record<string, ArgumentEntry>> {
  return (Reflect.getMetadata(ROUTE_ARGUMENTS, classRef, method) as Record<string, ArgumentEntry> | undefined) ?? {};
}

/** Types of the parameters as the compiler emitted them; `undefined` where it does not, as with esbuild. */
export function parameterTypes(classRef: ClassRef, method: string): readonly unknown[] | undefined {
  return Reflect.getMetadata(PARAM_TYPES, classRef.prototype as object, method) as readonly unknown[] | undefined;
}

/** Copies what decorators recorded on a function, so that `Reflector` finds it on the function that stands in for it. */
export function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, from), to);
  }
}

function listAt(key: string, target: object): readonly unknown[] {
  const list: unknown = Reflect.getMetadata(key, target);
  return Array.isArray(list) ? list : [];
}
