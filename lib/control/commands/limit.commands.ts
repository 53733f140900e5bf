import { InvalidOptionError } from '../../errors/index.js';
import { pythonRepr } from '../../protocol/index.js';
import { errorRepr, PythonError } from '../python-error.js';
import { nok, ok, type ObeyedCommand } from '../command.interface.js';
import { wrongType } from './argument-values.js';

/** Commands that change the limits of a task. @source celery/worker/control.py */
export const limitCommands: readonly ObeyedCommand[] = [
  {
    name: 'rate_limit',
    required: ['task_name', 'rate_limit'],
    run(node, { task_name: task, rate_limit: given }) {
      const limit = given ?? '';
      if (typeof limit !== 'string' && typeof limit !== 'number') throw wrongType('rate_limit', 'a rate', given);
      try {
        if (typeof task !== 'string' || !node.setRateLimit(task, limit)) return nok('unknown task');
      } catch (error) {
        if (!(error instanceof InvalidOptionError)) throw error;
        return nok(`Invalid rate limit string: ${errorRepr(notANumber(limit))}`);
      }
      const isNone = limit === '' || Number.parseFloat(String(limit)) === 0;
      return ok(isNone ? 'rate limit disabled successfully' : 'new rate limit set successfully');
    },
  },
  {
    name: 'time_limit',
    run(node, { task_name: task, hard, soft }) {
      const limits = { hardMs: millisecondsOf('hard', hard), softMs: millisecondsOf('soft', soft) };
      const isKnown = typeof task === 'string' && node.setTimeLimits(task, limits);
      return isKnown ? ok('time limits set successfully') : nok('unknown task');
    },
  },
];

/** @source celery/utils/time.py `rate` */
function notANumber(limit: string | number): PythonError {
  const count = String(limit).split('/')[0] ?? '';
  return new PythonError('ValueError', `could not convert string to float: ${pythonRepr(count)}`);
}

/** Seconds; nothing and 0 are no limit. */
function millisecondsOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) throw wrongType(name, 'a number of seconds', value);
  return seconds === 0 ? undefined : seconds * 1_000;
}
