import { nok, ok, type ObeyedCommand } from '../command.interface.js';
import { wrongType } from './argument-values.js';

/** Commands that change the limits of a task. @source celery/worker/control.py */
export const limitCommands: readonly ObeyedCommand[] = [
  {
    name: 'time_limit',
    run(node, { task_name: task, hard, soft }) {
      const limits = { hardMs: millisecondsOf('hard', hard), softMs: millisecondsOf('soft', soft) };
      const isKnown = typeof task === 'string' && node.setTimeLimits(task, limits);
      return isKnown ? ok('time limits set successfully') : nok('unknown task');
    },
  },
];

/** Seconds; nothing and 0 are no limit. */
function millisecondsOf(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) throw wrongType(name, 'a number of seconds', value);
  return seconds === 0 ? undefined : seconds * 1_000;
}
