import { InvalidOptionError, nearestName, UnknownOptionError } from '../errors/index.js';
import type { PoolsOption } from './pool.options.js';
import type { WorkerOptions } from './worker.options.js';

/** How an option of a worker is written where there is only text: on a command line, in the environment. */
type TextReader = (text: string, from: string) => unknown;

const asIs: TextReader = (text) => text;

const integer: TextReader = (text, from) => {
  if (!/^-?\d+$/.test(text)) throw new InvalidOptionError(from, 'a whole number', text);
  return Number(text);
};

const list: TextReader = (text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** As Celery's `--autoscale=max,min`; one number is the largest, and 1 the smallest. */
const autoscale: TextReader = (text, from) => {
  const [, max, min = '1'] = /^(-?\d+)(?:,(-?\d+))?$/.exec(text) ?? [];
  if (max === undefined) {
    throw new InvalidOptionError(from, 'two whole numbers, the largest size first, such as "10,3"', text);
  }
  return { max: Number(max), min: Number(min) };
};

/** Sizes by the names of pools: `async=100,threads=2`. */
const pools: TextReader = (text, from) => {
  const sizes: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [, name, size] = /^\s*(\w+)\s*=\s*(-?\d+)\s*$/.exec(part) ?? [];
    if (name === undefined || Object.hasOwn(sizes, name)) {
      throw new InvalidOptionError(from, 'pools with their sizes, each once, such as "async=100,threads=2"', text);
    }
    sizes[name] = Number(size);
  }
  return sizes;
};

/** A port, with a host before it or not: `8080`, `0.0.0.0:8080`. */
const address: TextReader = (text, from) => {
  const [, host, port] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined)
    throw new InvalidOptionError(from, 'a port, or a host and a port such as "0.0.0.0:8080"', text);
  return { port: Number(port), ...(host !== undefined && { host: host.replace(/^\[(.*)\]$/, '$1') }) };
};

/** What texts can say: all options of a worker, and its pools. */
export type WorkerTextOptions = WorkerOptions & PoolsOption;

/** Every option has a way to be written; the compiler asks for that of a new one. */
const READERS: Readonly<Record<keyof WorkerTextOptions, TextReader>> = {
  pools,
  concurrency: integer,
  autoscale,
  maxTasksPerChild: integer,
  maxMemoryPerChild: asIs,
  poolRestarts: readSwitch,
  prefetchMultiplier: integer,
  optimization: asIs,
  queues: list,
  excludeQueues: list,
  queueOrder: asIs,
  name: asIs,
  maxDeliveries: integer,
  unknownTask: asIs,
  timeLimit: asIs,
  softTimeLimit: asIs,
  disableRateLimits: readSwitch,
  softShutdownTimeout: asIs,
  resultStoreTimeout: asIs,
  health: address,
  progressTimeout: asIs,
  stallWarning: asIs,
  stallTimeout: asIs,
  sendTaskEvents: readSwitch,
  withoutHeartbeat: readSwitch,
  heartbeatInterval: asIs,
  withoutMingle: readSwitch,
  withoutGossip: readSwitch,
};

/** Members of options that are groups. */
const MEMBERS: Readonly<Record<string, TextReader>> = {
  'pools.async': integer,
  'pools.prefork': integer,
  'pools.threads': integer,
  'pools.processes': integer,
  'pools.eventlet': integer,
  'pools.gevent': integer,
  'autoscale.min': integer,
  'autoscale.max': integer,
  'autoscale.keepalive': asIs,
  'health.port': integer,
  'health.host': asIs,
};

/** Names of all that can be written as text, such as `concurrency` and `autoscale.keepalive`. */
export const WORKER_TEXT_NAMES: readonly string[] = [...Object.keys(READERS), ...Object.keys(MEMBERS)];

/** An option that is said as text. */
export interface WorkerText {
  /** One of `WORKER_TEXT_NAMES`. */
  readonly name: string;
  readonly text: string;
  /** Where it was said, for errors: `--concurrency`, `TASK_QUEUE_CONCURRENCY`. */
  readonly from: string;
}

/** What a switch is written as. */
export function readSwitch(text: string, from: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new InvalidOptionError(from, '"true" or "false"', text);
}

/**
 * The options of a worker that texts stand for; a later one wins. Values are checked by `resolveWorkerOptions`.
 * @throws {UnknownOptionError} for a name that no option has
 * @throws {InvalidOptionError} for a text that cannot be read, under the name of where it was said
 */
export function readWorkerTexts(texts: readonly WorkerText[]): WorkerTextOptions {
  const options: Record<string, unknown> = {};
  for (const { name, text, from } of texts) {
    const read = (READERS as Readonly<Record<string, TextReader>>)[name] ?? MEMBERS[name];
    if (read === undefined) {
      throw new UnknownOptionError(from, nearestName(name, WORKER_TEXT_NAMES), WORKER_TEXT_NAMES);
    }
    const value = read(text, from);
    const [group, member] = name.split('.') as [string, string?];
    options[group] = member === undefined ? value : { ...(options[group] as object | undefined), [member]: value };
  }
  return options;
}

/** The texts that the environment has for a worker: `TASK_QUEUE_` and the option's name, in capitals. */
export function workerTextsOf(env: NodeJS.ProcessEnv): readonly WorkerText[] {
  return WORKER_TEXT_NAMES.flatMap((name) => {
    const from = variableOf(name);
    const text = env[from];
    return text === undefined || text === '' ? [] : [{ name, text, from }];
  });
}

/** The variable that says an option: `TASK_QUEUE_MAX_TASKS_PER_CHILD` for `maxTasksPerChild`. */
export function variableOf(name: string): string {
  return `TASK_QUEUE_${name.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`;
}

/**
 * Runs a check, and has an error that it throws about an option that texts said name where they said it.
 * @throws what `check` throws
 */
export function namingTexts<T>(texts: readonly WorkerText[], check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const path = error.option.replace(/^worker\./, '');
    const exact = texts.findLast(({ name }) => name === path);
    const [group, member] = path.split(/[.[]/) as [string, string?];
    const said = exact ?? texts.findLast(({ name }) => name === group);
    if (said === undefined) throw error;
    const isPart = exact === undefined && member !== undefined && /^[a-z]/i.test(member);
    const expected = isPart ? `such that "${member}" is ${error.expected}` : error.expected;
    throw new InvalidOptionError(said.from, expected, said.text, { cause: error });
  }
}
