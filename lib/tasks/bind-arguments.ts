import { nearestName, TaskArgumentsError } from '../errors/index.js';
import type { TaskContext } from './task-context.js';
import type { TaskDefinition, TaskParameter } from './task-definition.js';

/**
 * Who sent the arguments.
 *
 * - `checked`: a TypeScript sender, whose compiler has compared them with the method. What it left out at the end it may
 *   leave out, although a parameter's `?` cannot be seen at run time: it is `undefined`.
 * - `unchecked`: anyone else, such as Python, or a call by name. As in Python, a parameter without a default value has to be
 *   given, unless `params` of the task's `@Task()` marks it (`'note?'`).
 */
export type ArgumentSender = 'checked' | 'unchecked';

/** Who sent a message, by the language that it says its sender is written in. */
export function senderIn(lang: string | undefined): ArgumentSender {
  return lang === 'js' ? 'checked' : 'unchecked';
}

/**
 * Fits what was sent to the parameters of a task's method, as Python does: positional ones in order, keyword arguments by
 * name, what nobody is named for to `@Kwargs()`. Extra, unknown and doubled ones are refused whoever sent them, missing ones by the sender.
 *
 * Throwing for each missing argument would break calls that the compiler allows, and throwing for none would let a Python
 * caller's forgotten argument travel on as `undefined`, into a database if need be; so the sender decides.
 * @param context put where `@Ctx()` stands
 * @returns what to call the method with: one value for each parameter, `undefined` for those that a decorator of the user's
 * fills, and then each argument of a rest parameter
 * @throws {TaskArgumentsError}
 */
export function bindArguments(
  definition: Pick<TaskDefinition, 'name' | 'parameters'>,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  sender: ArgumentSender,
  context?: TaskContext,
): unknown[] {
  const { name, parameters } = definition;
  const given = Object.keys(kwargs);
  if (given.length === 0 && args.length === parameters.length && parameters.every(isSent)) return [...args];
  const taken = new Set<string>();
  const missing: string[] = [];
  const bound: unknown[] = [];
  let next = 0;
  for (const parameter of parameters) {
    if (parameter.kind === 'context') bound.push(context);
    else if (parameter.kind === 'rest') for (const value of args.slice(next)) bound.push(value);
    else if (parameter.kind !== 'sent') bound.push(undefined);
    else {
      const isByName = parameter.name !== undefined && Object.hasOwn(kwargs, parameter.name);
      if (isByName && next < args.length)
        throw new TaskArgumentsError(name, `got multiple values for argument "${parameter.name}"`);
      if (isByName) taken.add(parameter.name);
      else if (next >= args.length && !parameter.optional) missing.push(describe(parameter, parameters));
      bound.push(isByName ? kwargs[parameter.name] : args[next]);
      next += 1;
    }
  }
  refuseTooMany(definition, args.length, given.length);
  const rest = given.filter((key) => !taken.has(key));
  placeKwargs(definition, bound, kwargs, rest);
  if (missing.length > 0 && sender === 'unchecked') throw new TaskArgumentsError(name, describeMissing(missing));
  return bound;
}

function isSent({ kind }: TaskParameter): boolean {
  return kind === 'sent';
}

function refuseTooMany(
  { name, parameters }: Pick<TaskDefinition, 'name' | 'parameters'>,
  count: number,
  kwargsCount: number,
): void {
  if (parameters.some(({ kind }) => kind === 'rest')) return;
  const sent = parameters.filter(({ kind }) => kind === 'sent');
  if (count <= sent.length) return;
  const needed = sent.filter((parameter) => parameter.kind === 'sent' && !parameter.optional).length;
  const range = needed === sent.length ? `${needed}` : `from ${needed} to ${sent.length}`;
  const were = count === 1 ? '1 was' : `${count} were`;
  throw new TaskArgumentsError(
    name,
    `takes ${range} positional argument${range === '1' ? '' : 's'} but ${were} given` +
      (kwargsCount > 0 ? ` (and ${kwargsCount} keyword argument${kwargsCount === 1 ? '' : 's'})` : ''),
  );
}

function placeKwargs(
  { name, parameters }: Pick<TaskDefinition, 'name' | 'parameters'>,
  bound: unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  rest: readonly string[],
): void {
  const slot = parameters.findIndex(({ kind }) => kind === 'kwargs');
  if (slot !== -1) {
    bound[slot] = Object.fromEntries(rest.map((key) => [key, kwargs[key]]));
    return;
  }
  const [unknown] = rest;
  if (unknown === undefined) return;
  if (parameters.some((each) => (each.kind === 'sent' || each.kind === 'rest') && each.name === undefined)) {
    throw new TaskArgumentsError(
      name,
      `got a keyword argument "${unknown}", but not all of its parameters have names that can be read; give them in "params" of its @Task()`,
    );
  }
  const names = parameters.flatMap((each) => (each.kind === 'sent' && each.name !== undefined ? [each.name] : []));
  const nearest = nearestName(unknown.replaceAll('_', ''), names);
  throw new TaskArgumentsError(
    name,
    `got an unexpected keyword argument "${unknown}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
  );
}

function describe(parameter: TaskParameter, all: readonly TaskParameter[]): string {
  if (parameter.kind === 'sent' && parameter.name !== undefined) return `"${parameter.name}"`;
  return `number ${all.filter(({ kind }) => kind === 'sent').indexOf(parameter) + 1}`;
}

function describeMissing(missing: readonly string[]): string {
  const names = missing.length === 1 ? missing[0] : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`;
  return (
    `missing ${missing.length} required argument${missing.length === 1 ? '' : 's'}: ${names}` +
    ' (one that may be left out needs a default value, or a "?" in "params" of its @Task())'
  );
}
