import { CommandUsageError } from '../../errors/index.js';
import { parseDuration } from '../../time/index.js';

/** A command of Celery's remote control, as its words are written. */
export interface RemoteCommand {
  readonly says: string;
  /** As a help text shows what follows the command: `<task> <rate>`. */
  readonly usage: string;
  /** Keyword arguments that the words stand for. @throws {CommandUsageError} when they stand for none */
  readonly argsOf: (words: readonly string[]) => Readonly<Record<string, unknown>>;
}

type ArgumentReader = (word: string, name: string) => unknown;

const text: ArgumentReader = (word) => word;
const whole: ArgumentReader = (word, name) => {
  if (!/^\d+$/.test(word)) throw new CommandUsageError(`${name} has to be a whole number, got ${word}.`);
  return Number(word);
};
/** Celery's own seconds, or a text with a unit. */
const seconds: ArgumentReader = (word, name) =>
  /^\d+(\.\d+)?$/.test(word) ? Number(word) : parseDuration(word, name) / 1_000;

interface Argument {
  readonly name: string;
  readonly as: ArgumentReader;
  readonly isOptional?: boolean;
}

const need = (name: string, as = text): Argument => ({ name, as });
const may = (name: string, as = text): Argument => ({ name, as, isOptional: true });

/** One word for each argument. */
function words(says: string, ...args: readonly Argument[]): RemoteCommand {
  return {
    says,
    usage: args.map(({ name, isOptional }) => (isOptional ? `[${name}]` : `<${name}>`)).join(' '),
    argsOf: (given) => {
      const missing = args[given.length];
      if (missing !== undefined && missing.isOptional !== true)
        throw new CommandUsageError(`Give ${missing.name}, too.`);
      if (given.length > args.length)
        throw new CommandUsageError(`What is "${given[args.length]}" for? It is too much.`);
      return Object.fromEntries(given.map((word, at) => [args[at]?.name, args[at]?.as(word, args[at].name)]));
    },
  };
}

/** Any number of words for one argument. */
function many(says: string, name: string, usage: string, least = 1): RemoteCommand {
  return {
    says,
    usage,
    argsOf: (given) => {
      if (given.length < least) throw new CommandUsageError(`Give ${usage}, too.`);
      return { [name]: given };
    },
  };
}

/** What workers tell. @source celery/worker/control.py */
export const INSPECT_COMMANDS: Readonly<Record<string, RemoteCommand>> = {
  active: words('tasks that run'),
  active_queues: words('queues that are taken from'),
  clock: words('the logical clock'),
  conf: words(
    'settings, by the names of Celery',
    may('with_defaults', (word) => word === 'true'),
  ),
  memdump: words('samples of memory so far', may('samples', whole)),
  memsample: words('take a sample of memory'),
  objgraph: words(
    'draw what fills the memory of a Python worker, where it has the package objgraph',
    may('type'),
    may('num', whole),
    may('max_depth', whole),
  ),
  ping: words('who is there'),
  query_task: many('where tasks are', 'ids', '<id…>'),
  registered: many('tasks that are known', 'taskinfoitems', '[attribute…]', 0),
  report: words('versions and settings, for reports of bugs'),
  reserved: words('tasks that wait for a slot'),
  revoked: words('ids of revoked tasks'),
  scheduled: words('tasks whose time has not come'),
  stats: words('figures of the worker, its pool and its process'),
};

/** What workers do. @source celery/worker/control.py */
export const CONTROL_COMMANDS: Readonly<Record<string, RemoteCommand>> = {
  add_consumer: words(
    'take from a further queue',
    need('queue'),
    may('exchange'),
    may('exchange_type'),
    may('routing_key'),
  ),
  autoscale: words('other bounds for autoscaled pools', may('max', whole), may('min', whole)),
  cancel_consumer: words('take no more from a queue', need('queue')),
  disable_events: words('tell nothing more of tasks'),
  election: words('elect a worker, and have it act', need('id'), need('topic'), may('action')),
  enable_events: words('tell what becomes of tasks'),
  heartbeat: words('tell of yourself now'),
  pool_grow: words(
    'run more at once; in the first of several pools, or in the one named',
    may('n', whole),
    may('pool'),
  ),
  pool_restart: words('start the pool anew'),
  pool_shrink: words('run fewer at once, as pool_grow', may('n', whole), may('pool')),
  rate_limit: words(
    'start no more of a task than so many in a time: 10/s, 100/m; 0 for no limit',
    need('task_name'),
    need('rate_limit'),
  ),
  revoke: many('do not start tasks', 'task_id', '<id…>'),
  revoke_by_stamped_headers: {
    says: 'do not start tasks with these stamps',
    usage: '<header=value…>',
    argsOf: (given) => ({ headers: stampsOf(given) }),
  },
  shutdown: words('finish what runs, and end'),
  terminate: {
    says: 'end tasks that run, by a signal',
    usage: '<signal> <id…>',
    argsOf: ([signal, ...ids]) => {
      if (signal === undefined || ids.length === 0)
        throw new CommandUsageError('Give a signal and ids: terminate SIGTERM <id…>.');
      return { signal, task_id: ids };
    },
  },
  time_limit: words(
    'other limits of the running time of a task: seconds, or 2m',
    need('task_name'),
    need('soft', seconds),
    may('hard', seconds),
  ),
};

function stampsOf(given: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const stamps: Record<string, string[]> = {};
  for (const word of given) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw new CommandUsageError(`Write a stamp as header=value, not ${word}.`);
    (stamps[name] ??= []).push(value);
  }
  if (given.length === 0) throw new CommandUsageError('Give stamps: header=value.');
  return stamps;
}
