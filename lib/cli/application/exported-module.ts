import type { WorkerModule } from '../../bootstrap/index.js';
import { ApplicationFileError, nearestName } from '../../errors/index.js';
import type { ApplicationReference } from './application-file.js';

/** What `@Module()` leaves on a class. */
const MODULE_KEYS = ['imports', 'providers', 'controllers', 'exports'];

/** The Nest modules that a file exports, by the names of their exports. */
export function modulesOf(exports: Readonly<Record<string, unknown>>): ReadonlyMap<string, WorkerModule> {
  const found = new Map<string, WorkerModule>();
  for (const [name, value] of entriesOf(exports)) {
    if (isNestModule(value) && ![...found.values()].includes(value)) found.set(name, value);
  }
  return found;
}

/**
 * The module that was meant: the one named, the default one, or the only one.
 * @throws {ApplicationFileError} when there is none, or nothing says which
 */
export function chooseModule(
  exports: Readonly<Record<string, unknown>>,
  reference: ApplicationReference,
): WorkerModule {
  const { given, exportName, file } = reference;
  const modules = modulesOf(exports);
  const names = [...modules.keys()];
  if (exportName !== undefined) {
    const module = modules.get(exportName);
    if (module !== undefined) return module;
    throw new ApplicationFileError(given, missing(exportName, names, entriesOf(exports).has(exportName)));
  }
  const [first, ...others] = modules.values();
  if (first === undefined) throw new ApplicationFileError(given, noneIn(exports));
  const module = modules.get('default') ?? (others.length === 0 ? first : undefined);
  if (module !== undefined) return module;
  const path = given.replace(/#$/, '') || file;
  throw new ApplicationFileError(
    given,
    `exports ${names.length} Nest modules: ${names.join(', ')}. Say which one to run: ${names.map((name) => `${path}#${name}`).join(' or ')}`,
  );
}

function missing(wanted: string, names: readonly string[], isThere: boolean): string {
  if (isThere) return `names an export "${wanted}" that is no Nest module: it has no @Module().`;
  const nearest = nearestName(wanted, names);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  return `has no export "${wanted}".${hint || ` Its Nest modules are: ${names.join(', ') || 'none'}.`}`;
}

function noneIn(exports: Readonly<Record<string, unknown>>): string {
  const names = [...entriesOf(exports).keys()];
  return (
    `exports no Nest module (${names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`}) and does not call ` +
    'TaskWorkerFactory.run(). Give a file that exports a class with @Module(), or a worker file.'
  );
}

/** Exports of CommonJS stand below `default` as well, and only there where Node did not find their names. */
function entriesOf(exports: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  const all = new Map(Object.entries(exports));
  const { default: whole } = exports;
  if (typeof whole !== 'object' || whole === null) return all;
  all.delete('default');
  all.delete('module.exports');
  for (const [name, value] of Object.entries(whole)) all.set(name, value);
  all.delete('__esModule');
  return all;
}

function isNestModule(value: unknown): value is WorkerModule {
  return typeof value === 'function' && MODULE_KEYS.some((key) => Reflect.getOwnMetadata?.(key, value) !== undefined);
}
