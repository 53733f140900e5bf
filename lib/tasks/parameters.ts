import { TaskDeclarationError } from '../errors/index.js';
import { TaskContext } from './task-context.js';
import type { TaskParameter } from './task-definition.js';
import { readMetadata } from './task-metadata.js';
import { Kwargs } from './parameter.decorators.js';
import { readParameterNames, type SourceParameter } from './parameter-names.js';

/** Where Nest keeps what parameter decorators say, on the constructor, by method. @source @nestjs/common `ROUTE_ARGS_METADATA` */
const NEST_PARAMETERS = '__routeArguments__';
/** Written by TypeScript with `emitDecoratorMetadata`, on the prototype, by method. */
const PARAMETER_TYPES = 'design:paramtypes';

/**
 * What each parameter of a task's method gets. Combines `@Ctx()` and `@Kwargs()`, the user's own parameter decorators, the
 * names in the source, and the names given in `params`.
 * @param location `Class.method`, for errors
 * @throws {TaskDeclarationError} when a parameter is a `TaskContext` without `@Ctx()`, or `params` does not fit the method
 */
export function readParameters(
  prototype: object,
  method: string,
  params: readonly string[] | undefined,
  location: string,
): readonly TaskParameter[] {
  const marks = marksOf(prototype, method);
  const types = parameterTypes(prototype, method);
  const slots = sourceSlots(prototype, method, marks, types?.length ?? 0);
  types?.forEach((type, index) => {
    const decorator = type === TaskContext ? '@Ctx()' : type === Kwargs ? '@Kwargs()' : undefined;
    if (decorator === undefined || marks.has(index)) return;
    throw new TaskDeclarationError(
      location,
      `has a parameter that nothing fills, number ${index + 1}: put ${decorator} before it.`,
    );
  });
  const parameters = slots.map((slot, index) => toParameter(slot, marks.get(index)));
  return params === undefined ? parameters : nameThem(parameters, params, location);
}

type Mark = 'context' | 'kwargs' | 'injected';

function marksOf(prototype: object, method: string): ReadonlyMap<number, Mark> {
  const marks = new Map<number, Mark>();
  const foreign = nestMetadata(NEST_PARAMETERS, prototype.constructor, method) as
    Readonly<Record<string, unknown>> | undefined;
  for (const entry of Object.values(foreign ?? {})) {
    if (typeof entry === 'object' && entry !== null && 'index' in entry && typeof entry.index === 'number') {
      marks.set(entry.index, 'injected');
    }
  }
  for (const [index, kind] of readMetadata(prototype).methods.get(method)?.parameters ?? []) marks.set(index, kind);
  return marks;
}

/** What the source says, filled up where it says less than the marks and types: of bound and of replaced functions. */
function sourceSlots(
  prototype: object,
  method: string,
  marks: ReadonlyMap<number, Mark>,
  typeCount: number,
): readonly SourceParameter[] {
  const fn = (prototype as Readonly<Record<string, (...args: never[]) => unknown>>)[method];
  const known = Math.max(typeCount, ...[...marks.keys()].map((index) => index + 1), 0);
  const unnamed = Array.from({ length: known }, (): SourceParameter => ({
    name: undefined,
    hasDefault: false,
    isRest: false,
  }));
  const slots = fn && readParameterNames(fn);
  if (slots === undefined) return known > 0 ? unnamed : [ANYTHING];
  const [first] = slots;
  if (first === undefined) return known > 0 ? unnamed : usesArguments(fn) ? [ANYTHING] : [];
  if (first.isRest && known > 1) return unnamed; // a decorator has put `(...args) => …` in the method's place
  return [...slots, ...unnamed.slice(slots.length)];
}

const ANYTHING: SourceParameter = { name: undefined, hasDefault: false, isRest: true };

function usesArguments(fn: unknown): boolean {
  return /\barguments\b/.test(String(fn));
}

function toParameter({ name, hasDefault, isRest }: SourceParameter, mark: Mark | undefined): TaskParameter {
  if (mark !== undefined) return { kind: mark };
  return isRest ? { kind: 'rest', name } : { kind: 'sent', name, optional: hasDefault };
}

/** Gives the sent parameters the names in `params`; a name that ends in `?` is of one that may be left out. */
function nameThem(
  parameters: readonly TaskParameter[],
  params: readonly string[],
  location: string,
): readonly TaskParameter[] {
  const rest = parameters.find((parameter) => parameter.kind === 'rest');
  const names = rest?.name !== undefined && params.at(-1) === rest.name ? params.slice(0, -1) : params;
  const slots = parameters.filter(({ kind }) => kind === 'sent');
  const isReplaced = rest !== undefined && slots.length < names.length; // `(...args) => …` stands in the method's place
  if (slots.length !== names.length && !isReplaced) {
    const count = slots.length === 1 ? '1 argument' : `${slots.length} arguments`;
    throw new TaskDeclarationError(
      location,
      `is sent ${count}, but "params" of its @Task() names ${names.length}: name each one that is sent, in order, and no other.`,
    );
  }
  const named = names.map((name, index): TaskParameter => {
    const slot = slots[index];
    const optional = name.endsWith('?') || (slot?.kind === 'sent' && slot.optional);
    return { kind: 'sent', name: name.replace(/\?$/, ''), optional };
  });
  let next = 0;
  return parameters.flatMap((parameter): readonly TaskParameter[] => {
    if (parameter.kind === 'sent') return named.slice(next, ++next);
    return parameter.kind === 'rest' && isReplaced ? named.slice(next) : [parameter];
  });
}

function parameterTypes(prototype: object, method: string): readonly unknown[] | undefined {
  return nestMetadata(PARAMETER_TYPES, prototype, method) as readonly unknown[] | undefined;
}

/** `Reflect.getMetadata`, where `reflect-metadata` is loaded. */
function nestMetadata(key: string, target: object, property: string): unknown {
  const { getMetadata } = Reflect as { getMetadata?: (key: string, target: object, property: string) => unknown };
  return getMetadata?.(key, target, property);
}
