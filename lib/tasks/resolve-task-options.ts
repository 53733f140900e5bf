import { InvalidOptionError, nearestName, UnknownOptionError } from '../errors/index.js';
import {
  checkBoolean,
  checkDuration,
  checkGroup,
  checkMaxRetries,
  checkName,
  checkPositiveDuration,
  checkPriority,
  resolveMixablePool,
  resolveRateLimit,
  type ResolvedTasksOptions,
} from '../options/index.js';
import { formatDuration, type Duration } from '../time/index.js';
import type {
  ErrorClass,
  ResolvedTaskOptions,
  StandardSchema,
  TaskDefaultsOptions,
  TaskOptions,
} from './task-options.interface.js';

const DEFAULT_NAMES = [
  'queue',
  'pool',
  'priority',
  'maxRetries',
  'defaultRetryDelay',
  'autoretryFor',
  'dontAutoretryFor',
  'retryBackoff',
  'retryBackoffMax',
  'retryJitter',
  'ignoreResult',
  'storeErrorsEvenIfIgnored',
  'trackStarted',
  'acksLate',
  'acksOnFailure',
  'acksOnTimeout',
  'timeLimit',
  'softTimeLimit',
  'rateLimit',
  'expires',
  'throws',
  'sendEvents',
  'globalEnhancers',
] as const satisfies readonly (keyof TaskDefaultsOptions)[];
const TASK_OPTION_NAMES: readonly (keyof TaskOptions)[] = [
  'name',
  ...DEFAULT_NAMES,
  'schema',
  'resultSchema',
  'params',
];
const TASK_DEFAULTS_NAMES: readonly (keyof TaskDefaultsOptions)[] = ['namePrefix', ...DEFAULT_NAMES];

/**
 * Options of one task: its own, else those of its class, else those of the module, else Celery's defaults.
 * @param fallbackName `Class.method`: the task's name where it gives none, and its place in errors
 * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used, such as
 * `@Task() of BillingTasks.sendInvoice: maxRetries`
 */
export function resolveTaskOptions(
  declared: TaskOptions,
  classDefaults: TaskDefaultsOptions,
  moduleDefaults: ResolvedTasksOptions,
  fallbackName: string,
): ResolvedTaskOptions {
  const taskPath = `@Task() of ${fallbackName}`;
  const classPath = `@TaskDefaults() of ${fallbackName.slice(0, fallbackName.lastIndexOf('.'))}`;
  checkGroup(declared, taskPath);
  checkGroup(classDefaults, classPath);
  refuseUnknown(declared, TASK_OPTION_NAMES, taskPath);
  refuseUnknown(classDefaults, TASK_DEFAULTS_NAMES, classPath);
  const given = { ...classDefaults, ...withoutUndefined(declared) };
  const at = (option: keyof TaskDefaultsOptions | keyof TaskOptions): string =>
    `${Object.hasOwn(declared, option) && declared[option as keyof TaskOptions] !== undefined ? taskPath : classPath}: ${option}`;

  return {
    name: checkTaskName(declared, classDefaults, fallbackName, taskPath, classPath),
    queue: given.queue === undefined ? undefined : checkName(given.queue, at('queue')),
    pool: resolveMixablePool(given.pool, at('pool')),
    priority: checkPriority(given.priority, at('priority')) ?? moduleDefaults.defaultPriority,
    maxRetries: checkMaxRetries(given.maxRetries, moduleDefaults.maxRetries, at('maxRetries')),
    defaultRetryDelayMs:
      checkDuration(given.defaultRetryDelay, at('defaultRetryDelay')) ?? moduleDefaults.defaultRetryDelayMs,
    autoretryFor: checkErrorClasses(given.autoretryFor, at('autoretryFor')),
    dontAutoretryFor: checkErrorClasses(given.dontAutoretryFor, at('dontAutoretryFor')),
    retryBackoffMs: checkBackoff(given.retryBackoff, at('retryBackoff')),
    retryBackoffMaxMs: checkPositiveDuration(given.retryBackoffMax, at('retryBackoffMax')) ?? 600_000,
    retryJitter: checkBoolean(given.retryJitter, true, at('retryJitter')),
    ignoreResult: checkBoolean(given.ignoreResult, moduleDefaults.ignoreResult, at('ignoreResult')),
    storeErrorsEvenIfIgnored: checkBoolean(
      given.storeErrorsEvenIfIgnored,
      moduleDefaults.storeErrorsEvenIfIgnored,
      at('storeErrorsEvenIfIgnored'),
    ),
    trackStarted: checkBoolean(given.trackStarted, moduleDefaults.trackStarted, at('trackStarted')),
    acksLate: checkBoolean(given.acksLate, moduleDefaults.acksLate, at('acksLate')),
    acksOnFailure: checkBoolean(given.acksOnFailure, moduleDefaults.acksOnFailure, at('acksOnFailure')),
    acksOnTimeout: checkBoolean(given.acksOnTimeout, moduleDefaults.acksOnTimeout, at('acksOnTimeout')),
    ...resolveLimits(given, moduleDefaults, at),
    rateLimit:
      given.rateLimit === undefined
        ? moduleDefaults.defaultRateLimit
        : resolveRateLimit(given.rateLimit, at('rateLimit')),
    expiresMs: checkPositiveDuration(given.expires, at('expires')),
    throws: checkErrorClasses(given.throws, at('throws')),
    schema: checkSchemas(given.schema, at('schema')),
    resultSchema: given.resultSchema === undefined ? undefined : checkSchema(given.resultSchema, at('resultSchema')),
    params: checkParams(given.params, at('params')),
    sendEvents: checkBoolean(given.sendEvents, true, at('sendEvents')),
    globalEnhancers: checkBoolean(given.globalEnhancers, moduleDefaults.globalEnhancers, at('globalEnhancers')),
  };
}

function refuseUnknown(given: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) throw new UnknownOptionError(`${path}: ${key}`, nearestName(key, known), known);
  }
}

function withoutUndefined(options: TaskOptions): TaskOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function checkTaskName(
  declared: TaskOptions,
  { namePrefix }: TaskDefaultsOptions,
  fallbackName: string,
  taskPath: string,
  classPath: string,
): string {
  const prefix = namePrefix === undefined ? '' : checkName(namePrefix, `${classPath}: namePrefix`);
  return prefix + checkName(declared.name ?? fallbackName, `${taskPath}: name`);
}

function checkErrorClasses(given: readonly ErrorClass[] | undefined, option: string): readonly ErrorClass[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw new InvalidOptionError(option, 'an array of error classes', given);
  given.forEach((each: unknown, index) => {
    if (typeof each !== 'function') throw new InvalidOptionError(`${option}[${index}]`, 'an error class', each);
  });
  return [...given];
}

function checkBackoff(given: boolean | Duration | undefined, option: string): number | undefined {
  if (given === undefined || given === false) return undefined;
  return given === true ? 1_000 : checkPositiveDuration(given, option);
}

function resolveLimits(
  given: TaskOptions,
  moduleDefaults: ResolvedTasksOptions,
  at: (option: keyof TaskOptions) => string,
): Pick<ResolvedTaskOptions, 'timeLimitMs' | 'softTimeLimitMs'> {
  const limit = (value: Duration | null | undefined, fallback: number | undefined, option: keyof TaskOptions) =>
    value === null ? undefined : (checkPositiveDuration(value, at(option)) ?? fallback);
  const timeLimitMs = limit(given.timeLimit, moduleDefaults.timeLimitMs, 'timeLimit');
  const softTimeLimitMs = limit(given.softTimeLimit, moduleDefaults.softTimeLimitMs, 'softTimeLimit');
  if (timeLimitMs !== undefined && softTimeLimitMs !== undefined && softTimeLimitMs >= timeLimitMs) {
    const isOwn = given.softTimeLimit !== undefined;
    throw isOwn
      ? new InvalidOptionError(
          at('softTimeLimit'),
          `less than the time limit of ${formatDuration(timeLimitMs)}`,
          given.softTimeLimit,
        )
      : new InvalidOptionError(
          at('timeLimit'),
          `more than the soft time limit of ${formatDuration(softTimeLimitMs)} that it has from the module (softTimeLimit: null for none)`,
          given.timeLimit,
        );
  }
  return { timeLimitMs, softTimeLimitMs };
}

function checkSchemas(given: TaskOptions['schema'], option: string): readonly (StandardSchema | undefined)[] {
  if (given === undefined) return [];
  if (!isList(given)) return [checkSchema(given, option)];
  return given.map((each, index) => (each === undefined ? undefined : checkSchema(each, `${option}[${index}]`)));
}

function isList(given: NonNullable<TaskOptions['schema']>): given is readonly (StandardSchema | undefined)[] {
  return Array.isArray(given);
}

function checkSchema(given: StandardSchema, option: string): StandardSchema {
  const isObject = (typeof given === 'object' && given !== null) || typeof given === 'function'; // arktype's are functions
  const standard: unknown = isObject ? given['~standard'] : undefined;
  const validate =
    typeof standard === 'object' && standard !== null && 'validate' in standard ? standard.validate : undefined;
  if (typeof validate !== 'function') {
    throw new InvalidOptionError(option, 'a Standard Schema object, as zod, valibot and arktype make them', given);
  }
  return given;
}

function checkParams(given: readonly string[] | undefined, option: string): readonly string[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) throw new InvalidOptionError(option, 'an array of parameter names', given);
  const seen = new Set<string>();
  given.forEach((each: string, index) => {
    const path = `${option}[${index}]`;
    const name = checkName(each, path).replace(/\?$/, '');
    if (name === '') throw new InvalidOptionError(path, 'a parameter name', each);
    if (seen.has(name)) throw new InvalidOptionError(path, 'a name that no other parameter has', each);
    seen.add(name);
  });
  return [...given] as readonly string[];
}
