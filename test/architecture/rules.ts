import { isBuiltin } from 'node:module';
import path from 'node:path/posix';
import type { House } from './house.js';
import type { ModuleReference, SourceFacts } from './source-file.js';

/** What package.json says that rules depend on. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Everything a rule looks at. Paths are from the repository's top. */
export interface Tree {
  readonly house: House;
  readonly manifest: Manifest;
  readonly files: readonly SourceFacts[];
}

/** A rule returns one sentence for each place that breaks it. */
export type Rule = (tree: Tree) => string[];

/** Imports go to lower floors only, and through the door of the room. */
const floors: Rule = ({ house, files }) =>
  inLib(files).flatMap((file) => {
    const from = roomOf(file.path);
    if (from === undefined)
      return file.path === 'lib/index.ts' ? [] : [`${file.path}: only index.ts stands outside a room`];
    const floor = house.floors.get(from);
    if (floor === undefined)
      return [`${file.path}: "${from}" is not a room of the house; give it a floor in house.ts first`];
    return libraryImports(file).flatMap(({ reference, target }) => {
      const to = roomOf(target);
      if (to === from) return [];
      const said = `${file.path}:${reference.line} imports ${reference.specifier}`;
      if (to === undefined) return [`${said}: nothing in lib/ imports its root`];
      const toFloor = house.floors.get(to) ?? Infinity;
      if (toFloor >= floor)
        return [`${said}: ${from} is on floor ${floor}, ${to} on ${toFloor}; import from lower floors only`];
      return target === `lib/${to}/index.ts` ? [] : [`${said}: lib/${to}/index.ts is the only door of that room`];
    });
  });

/** No file reaches itself through its imports, those of types included. */
const noCycles: Rule = ({ files }) => {
  const imports = new Map(inLib(files).map((file) => [file.path, libraryImports(file).map(({ target }) => target)]));
  return cyclesIn(imports).map((cycle) => `import cycle: ${[...cycle, cycle[0]].join(' -> ')}`);
};

/** Adapters of one room do not know each other; what they share lies beside their contract. */
const adaptersApart: Rule = ({ house, files }) =>
  inLib(files).flatMap((file) => {
    const own = adapterOf(house, file.path);
    return libraryImports(file).flatMap(({ reference, target }) => {
      const other = adapterOf(house, target);
      const apart =
        own === undefined || other === undefined || own === other || path.dirname(own) !== path.dirname(other);
      return apart
        ? []
        : [`${file.path}:${reference.line} imports ${reference.specifier}: adapters do not import one another`];
    });
  });

/** lib/ imports its declared packages, Node, and nothing of the tests; optional drivers lazily and in adapters alone. */
const packages: Rule = ({ house, manifest, files }) =>
  inLib(files).flatMap((file) =>
    file.references.flatMap((reference) => {
      const said = `${file.path}:${reference.line} imports ${reference.specifier}`;
      if (reference.specifier.startsWith('.')) {
        return targetOf(file, reference).startsWith('lib/') ? [] : [`${said}: lib/ imports nothing outside itself`];
      }
      const name = packageName(reference.specifier);
      if (isOptional(house, manifest, name)) return optionalDriver(house, file, reference, said);
      if (isBuiltin(name)) return name.startsWith('node:') ? [] : [`${said}: write "node:${reference.specifier}"`];
      const declared = name in { ...manifest.dependencies, ...manifest.peerDependencies };
      return declared ? [] : [`${said}: "${name}" is neither a dependency nor a peer dependency of the package`];
    }),
  );

/** Time comes from lib/time, so that a test can stand still or jump. */
const oneClock: Rule = ({ house, files }) =>
  inLib(files)
    .filter((file) => roomOf(file.path) !== house.clockRoom)
    .flatMap((file) => [
      ...file.clockReads.map(({ line, text }) => `${file.path}:${line} reads the system clock (${text}): ask lib/time`),
      ...file.references
        .filter(importsTimers)
        .map(({ line, specifier }) => `${file.path}:${line} imports ${specifier}: ask lib/time`),
    ]);

/** What a room offers is written out by name. */
const namedExports: Rule = ({ files }) =>
  inLib(files).flatMap((file) => [
    ...file.starExports.map(({ line, text }) => `${file.path}:${line} (${text}): export by name`),
    ...file.defaultExports.map(({ line, text }) => `${file.path}:${line} (${text}): no default exports`),
  ]);

/** Folders and files are named for what they are responsible for, in kebab case. */
const names: Rule = ({ house, files }) =>
  inLib(files).flatMap((file) => {
    const [, ...parts] = file.path.split('/');
    const nameless = parts.slice(0, -1).find((folder) => (house.namelessFolders as readonly string[]).includes(folder));
    if (nameless !== undefined) return [`${file.path}: "${nameless}" names no responsibility`];
    const ill = parts.find((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(part));
    return ill === undefined ? [] : [`${file.path}: "${ill}" is not kebab-case`];
  });

/** A longer file has a second subject in it, unless it is a table of data. */
const size: Rule = ({ house, files }) =>
  files
    .filter((file) => !house.tables.includes(file.path))
    .flatMap((file) => {
      const most = file.path.startsWith('lib/') ? house.longestSource : house.longestSpec;
      return file.lines > most
        ? [`${file.path} has ${file.lines} lines, more than ${most}: look for the second subject in it`]
        : [];
    });

/** Every rule by the sentence that states it. */
export const rules: ReadonlyMap<string, Rule> = new Map([
  ['imports go to lower floors, through the door of the room', floors],
  ['there are no import cycles', noCycles],
  ['adapters do not import one another', adaptersApart],
  ['packages are declared, optional drivers lazy and in adapters', packages],
  ['only lib/time reads the clock', oneClock],
  ['exports are named', namedExports],
  ['folders and files are named for their responsibility', names],
  ['files keep to one subject', size],
]);

function inLib(files: readonly SourceFacts[]): readonly SourceFacts[] {
  return files.filter((file) => file.path.startsWith('lib/'));
}

/** The room a path of lib/ is in; `undefined` for the root itself. */
function roomOf(file: string): string | undefined {
  const [, room, ...rest] = file.split('/');
  return rest.length > 0 ? room : undefined;
}

function targetOf(file: SourceFacts, reference: ModuleReference): string {
  return path.join(path.dirname(file.path), reference.specifier).replace(/\.js$/, '.ts');
}

function libraryImports(file: SourceFacts): { reference: ModuleReference; target: string }[] {
  return file.references
    .filter((reference) => reference.specifier.startsWith('.'))
    .map((reference) => ({ reference, target: targetOf(file, reference) }))
    .filter(({ target }) => target.startsWith('lib/'));
}

/** The folder of the adapter that a file belongs to, such as `lib/brokers/redis`. */
function adapterOf(house: House, file: string): string | undefined {
  const [, room = '', folder = '', ...rest] = file.split('/');
  const shared = house.adapters.get(room);
  return shared === undefined || rest.length === 0 || shared.includes(folder) ? undefined : `lib/${room}/${folder}`;
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isOptional(house: House, manifest: Manifest, name: string): boolean {
  return (
    (house.optionalBuiltins as readonly string[]).includes(name) ||
    manifest.peerDependenciesMeta?.[name]?.optional === true
  );
}

function optionalDriver(house: House, file: SourceFacts, reference: ModuleReference, said: string): string[] {
  if (adapterOf(house, file.path) === undefined) return [`${said}: an optional driver is known to its adapter alone`];
  return reference.lazy || reference.typeOnly ? [] : [`${said}: load an optional driver lazily, with import()`];
}

function importsTimers({ specifier, names: imported, typeOnly }: ModuleReference): boolean {
  if (typeOnly || !/^(node:)?(timers|timers\/promises|perf_hooks)$/.test(specifier)) return false;
  return imported.length === 0 || imported.some((name) => name !== 'setImmediate' && name !== 'clearImmediate');
}

/** Strongly connected files (Tarjan), each as one cycle through them. */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    open.push(node);
    for (const next of imports.get(node) ?? []) {
      if (!imports.has(next)) continue;
      if (!index.has(next)) visit(next);
      if (open.includes(next)) low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = open.splice(open.indexOf(node));
    if (group.length > 1 || imports.get(node)?.includes(node)) cycles.push(shortestCycle(group, imports));
  };
  for (const node of imports.keys()) if (!index.has(node)) visit(node);
  return cycles;
}

/** The shortest way from the first file of a group back to itself. */
function shortestCycle(group: readonly string[], imports: ReadonlyMap<string, readonly string[]>): string[] {
  const start = group[0] ?? '';
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of imports.get(way.at(-1) ?? '') ?? []) {
      if (next === start) return way;
      if (!group.includes(next) || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return [...group];
}
