import { CRONTAB_FIELDS } from './crontab-field.js';
import { CrontabSchedule, fieldsOf, type CrontabFields, type CrontabOptions } from './crontab.schedule.js';
import { checkKeys } from './known-keys.js';

const FIELD_NAMES: readonly string[] = CRONTAB_FIELDS.map(({ name }) => name);
const OPTION_NAMES = ['timezone', 'dst'];

/**
 * A schedule in cron's notation: `crontab('0 3 * * mon-fri', { timezone: 'Europe/Paris' })`, fields in the order
 * minute, hour, day of month, month, day of week. As in Celery **all** fields must match, Sunday is 0 (7 is an error),
 * ranges may wrap (`22-3`) and names of months and days are known.
 * @throws {InvalidCrontabError} when a field cannot be read, or no day ever matches
 * @throws {InvalidOptionError | UnknownOptionError} when an option cannot be used
 */
export function crontab(expression: string, options?: CrontabOptions): CrontabSchedule;
/** The same with named fields: `crontab({ minute: 0, hour: [8, 20] })`; an absent one stands for `*`. */
export function crontab(fields?: CrontabFields & CrontabOptions): CrontabSchedule;
export function crontab(
  given: string | (CrontabFields & CrontabOptions) = {},
  options: CrontabOptions = {},
): CrontabSchedule {
  if (typeof given === 'string') {
    checkKeys('crontab', options, OPTION_NAMES);
    return new CrontabSchedule(fieldsOf(given), options);
  }
  checkKeys('crontab', given, [...FIELD_NAMES, ...OPTION_NAMES]);
  return new CrontabSchedule(given, given);
}
