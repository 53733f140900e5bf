import { hostname } from 'node:os';
import path from 'node:path';
import { CommandUsageError, nearestName } from '../../errors/index.js';
import { PidFile } from '../pid-file.js';
import type { NodeFlag, NodeWords } from './node-words.js';

/** One of several workers. */
export interface WorkerNode {
  /** Node name, such as `w1@box`. */
  readonly name: string;
  /** What follows `task-queue`. */
  readonly args: readonly string[];
  readonly pidFile: PidFile;
  readonly logFile: string;
}

/** Flags of `multi` itself. */
export const NODE_FLAGS = [
  ['-p, --pidfile <file>', 'where each worker leaves its process id (default: "%n.pid")'],
  ['-f, --logfile <file>', 'what each worker writes goes to its end (default: "%n.log")'],
  ['-n, --hostname <host>', "host part of the workers' names (default: this machine's)"],
  [
    '--range-prefix <name>',
    'what a number of workers are called: 3 are worker1, worker2 and worker3 (default: "worker")',
  ],
] as const;

const OWN = ['--pidfile', '--logfile', '--hostname', '--range-prefix'];

/**
 * The workers that are meant, each with its own flags.
 * @throws {CommandUsageError} when none is named, or a flag is for one that is not
 */
export function nodesOf({ names: words, flags }: NodeWords): readonly WorkerNode[] {
  const [only] = words;
  const count = words.length === 1 && /^\d+$/.test(only as string) ? Number(only) : undefined;
  const prefix = lastOf(flags, '--range-prefix') ?? 'worker';
  const names = count === undefined ? words : Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
  if (names.length === 0) {
    throw new CommandUsageError('No worker is named: give names, such as "w1 w2", or how many there are.');
  }
  const twin = names.find((name, at) => names.indexOf(name) !== at);
  if (twin !== undefined) throw new CommandUsageError(`Worker "${twin}" is named twice.`);
  const host = lastOf(flags, '--hostname') ?? hostname();
  const placed = flags.map((flag) => ({ ...flag, places: placesOf(flag.only, names, host) }));
  const nodes = names.map((name, at) =>
    nodeOf(
      fullName(name, host),
      placed.filter(({ places }) => places === undefined).concat(placed.filter(({ places }) => places?.has(at))),
    ),
  );
  refuseSharedFiles(nodes);
  return nodes;
}

function nodeOf(name: string, flags: readonly NodeFlag[]): WorkerNode {
  const expand = expanderOf(name);
  const pidFile = path.resolve(expand(lastOf(flags, '--pidfile') ?? '%n.pid'));
  const logFile = path.resolve(expand(lastOf(flags, '--logfile') ?? '%n.log'));
  const own = flags.filter(
    ({ long }, at) =>
      !OWN.includes(long) && (long === '--set' || flags.findLastIndex((flag) => flag.long === long) === at),
  );
  const args = own.map(({ long, value }) => (value === undefined ? long : `${long}=${expand(value)}`));
  return {
    name,
    args: ['worker', `--hostname=${name}`, ...args, `--pidfile=${pidFile}`],
    pidFile: new PidFile(pidFile),
    logFile,
  };
}

function fullName(name: string, host: string): string {
  return name.includes('@') ? name.replaceAll('%h', host) : `${name}@${host}`;
}

/** @source Celery `apps/multi.py` build_expander, `utils/nodenames.py` */
function expanderOf(name: string): (text: string) => string {
  const at = name.indexOf('@');
  const values: Readonly<Record<string, string>> = {
    n: name.slice(0, at),
    N: name.slice(0, at),
    h: name,
    p: name,
    d: name.slice(at + 1),
    i: '0', // children write where their worker does
    I: '',
    '%': '%',
  };
  return (text) => text.replace(/%([nNhpdiI%])/g, (_, key: string) => values[key] as string);
}

/** Where among the names those stand that a flag is for: by name, node name, number from 1, or range. */
function placesOf(only: string | undefined, names: readonly string[], host: string): ReadonlySet<number> | undefined {
  if (only === undefined) return undefined;
  return new Set(only.split(',').flatMap((part) => placesOfPart(part, names, host)));
}

function placesOfPart(part: string, names: readonly string[], host: string): readonly number[] {
  const named = names.findIndex((name) => [name, fullName(name, host), name.split('@')[0]].includes(part));
  if (named >= 0) return [named];
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
  if (from === undefined) {
    const nearest = nearestName(part, names);
    throw new CommandUsageError(
      `A flag is for worker "${part}", which is not named${nearest === undefined ? `: there are ${names.join(', ')}` : `; did you mean "${nearest}"?`}`,
    );
  }
  const [first, last] = [Number(from), Number(to)];
  if (first < 1 || last > names.length || first > last) {
    throw new CommandUsageError(`A flag is for worker ${part}, but they are numbered from 1 to ${names.length}.`);
  }
  return Array.from({ length: last - first + 1 }, (_, at) => first - 1 + at);
}

function lastOf(flags: readonly NodeFlag[], long: string): string | undefined {
  return flags.findLast((flag) => flag.long === long)?.value;
}

function refuseSharedFiles(nodes: readonly WorkerNode[]): void {
  const byFile = new Map<string, string>();
  for (const { name, pidFile } of nodes) {
    const other = byFile.get(pidFile.path);
    if (other !== undefined) {
      throw new CommandUsageError(
        `Workers ${other} and ${name} would have one pid file, ${pidFile.path}: write %n, for the worker's name, into --pidfile.`,
      );
    }
    byFile.set(pidFile.path, name);
  }
}
