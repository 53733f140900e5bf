import { InvalidOptionError, nearestName, TaskNotDeclaredError } from '../errors/index.js';
import type { TaskCatalog, TaskDefinition } from '../tasks/index.js';
import type { TaskHandle } from './task-handle.js';

export type TaskClass = abstract new (...args: never[]) => unknown;
type AnyHandle = TaskHandle<readonly unknown[], unknown>;

/** Asked for by `await`, by `JSON.stringify` and by the matchers of test runners, of everything they meet. */
const NOT_METHODS: ReadonlySet<string> = new Set(['then', 'toJSON']);

/**
 * The tasks of a class, by method: handles that are made when they are first asked for.
 * Other names throw, since the compiler cannot tell a task from another method.
 */
export function taskProxy(
  target: TaskClass,
  catalog: Pick<TaskCatalog, 'find'>,
  toHandle: (definition: TaskDefinition) => AnyHandle,
): Readonly<Record<string, AnyHandle>> {
  const handles = new Map<string, AnyHandle>();
  const find = (method: string): AnyHandle | undefined => {
    const known = handles.get(method);
    if (known !== undefined) return known;
    const definition = catalog.find(target, method);
    if (definition === undefined) return undefined;
    const handle = toHandle(definition);
    handles.set(method, handle);
    return handle;
  };
  return new Proxy<Readonly<Record<string, AnyHandle>>>(Object.freeze(Object.create(null)), {
    get: (_none, property) => {
      if (typeof property === 'symbol') return undefined;
      const handle = find(property);
      if (handle !== undefined || NOT_METHODS.has(property)) return handle;
      throw new TaskNotDeclaredError(target.name, property, nearestTask(target, property, catalog));
    },
    has: (_none, property) => typeof property === 'string' && find(property) !== undefined,
  });
}

function nearestTask(target: TaskClass, method: string, catalog: Pick<TaskCatalog, 'find'>): string | undefined {
  const methods: string[] = [];
  for (let at: unknown = target.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    methods.push(...Object.getOwnPropertyNames(at).filter((name) => name !== 'constructor'));
  }
  return nearestName(
    method,
    methods.filter((name) => name !== method && catalog.find(target, name) !== undefined),
  );
}

/** @throws {InvalidOptionError} for what is none; a class that is `undefined` is mostly one that two files import from each other. */
export function checkTaskClass(target: unknown): void {
  if (typeof target === 'function') return;
  const hint = target === undefined ? ' (do two files import each other?)' : '';
  throw new InvalidOptionError('for()', `a class whose methods are tasks${hint}`, target);
}
