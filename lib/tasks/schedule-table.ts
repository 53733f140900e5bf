import { describeValue, nearestName, TaskDeclarationError } from '../errors/index.js';
import type { Schedule } from '../schedules/index.js';
import type { ScheduleEntryOptions, ScheduleFactory, ScheduleSendOptions } from './schedule-options.interface.js';
import type { MethodMetadata } from './task-metadata.js';

/** One `@Schedule()` of a task. Either `schedule` or `factory` is there. */
export interface DeclaredSchedule {
  /** Unique in its class; as given, or `Class.method` with `#2` and so on for further ones. */
  readonly name: string;
  readonly schedule: Schedule | undefined;
  /** Makes the schedule when the application starts; what it makes is held against `checkSchedule`. */
  readonly factory: ScheduleFactory | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: ScheduleSendOptions;
}

const ENTRY_NAMES: readonly (keyof ScheduleEntryOptions)[] = ['name', 'args', 'kwargs', 'options'];
const SEND_NAMES: readonly (keyof ScheduleSendOptions)[] = [
  'queue',
  'priority',
  'expires',
  'timeLimit',
  'softTimeLimit',
  'ignoreResult',
  'shadow',
  'headers',
];

/** @throws {TaskDeclarationError} */
export function readSchedules(recorded: MethodMetadata['schedules'], location: string): readonly DeclaredSchedule[] {
  const names = new Set<string>();
  return recorded.map(({ when, entry }, index) => {
    const { args = [], kwargs = {}, options = {} } = entry;
    refuseUnknown(entry, ENTRY_NAMES, location, '');
    refuseUnknown(options, SEND_NAMES, location, 'options.');
    if (!Array.isArray(args)) {
      throw new TaskDeclarationError(
        location,
        `has ${describeValue(args)} as "args" of @Schedule(), which takes an array.`,
      );
    }
    const name = entry.name ?? (index === 0 ? location : `${location}#${index + 1}`);
    if (typeof name !== 'string' || name === '') {
      throw new TaskDeclarationError(
        location,
        `has ${describeValue(name)} as "name" of @Schedule(), which takes a text that is not empty.`,
      );
    }
    if (names.has(name))
      throw new TaskDeclarationError(location, `has two schedules named "${name}": give each a name of its own.`);
    names.add(name);
    const factory = isFactory(when) ? when : undefined;
    const schedule = isFactory(when) ? undefined : checkSchedule(when, location);
    return { name, schedule, factory, args, kwargs, options };
  });
}

/**
 * Holds what stands in `@Schedule()`, or what its factory made, against the contract.
 * @returns `undefined` for `null` and `false`: no schedule
 * @throws {TaskDeclarationError}
 */
export function checkSchedule(made: Schedule | null | false, location: string): Schedule | undefined {
  if (made === null || made === false) return undefined;
  if (typeof made === 'object' && 'nextAfter' in made && typeof made.nextAfter === 'function') return made;
  const hint = typeof made === 'string' ? `every('30s') or crontab('0 3 * * *')` : 'what every() or crontab() make';
  throw new TaskDeclarationError(
    location,
    `has ${describeValue(made)} in @Schedule(), which takes ${hint}, or a factory of one.`,
  );
}

function isFactory(when: Schedule | ScheduleFactory): when is ScheduleFactory {
  return typeof when === 'object' && when !== null && 'useFactory' in when;
}

function refuseUnknown(given: object, known: readonly string[], location: string, path: string): void {
  const key = Object.keys(given).find((each) => !known.includes(each));
  if (key === undefined) return;
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `Known are: ${known.join(', ')}.` : `Did you mean "${nearest}"?`;
  throw new TaskDeclarationError(location, `has an unknown option "${path}${key}" in @Schedule(). ${hint}`);
}
