import { describe, expect, it } from 'vitest';
import { InvalidCrontabError } from '../../../lib/errors/index.js';
import { CRONTAB_FIELDS, parseCrontabField, type CrontabFieldValue } from '../../../lib/schedules/crontab-field.js';

type Name = (typeof CRONTAB_FIELDS)[number]['name'];

const parse = (name: Name, value: CrontabFieldValue): readonly number[] =>
  parseCrontabField(
    CRONTAB_FIELDS.find((field) => field.name === name)!,
    value,
  );

describe('parseCrontabField', () => {
  it.each<[Name, CrontabFieldValue, number[]]>([
    ['minute', 5, [5]],
    ['minute', '05', [5]],
    ['minute', [30, 0, 30], [0, 30]],
    ['minute', new Set([45, 15]), [15, 45]],
    ['minute', '*/100', [0]],
    ['minute', '0-59/20', [0, 20, 40]],
    ['hour', '22-3/2', [0, 2, 22]],
    ['dayOfWeek', 'MON,Wednes,fri', [1, 3, 5]],
    ['dayOfWeek', 'sat-mon', [0, 1, 6]],
    ['dayOfWeek', 'mon-fri/2', [1, 3, 5]],
    ['monthOfYear', 'mar', [3]],
    ['monthOfYear', 'sept-12', [9, 10, 11, 12]],
    ['dayOfMonth', '31', [31]],
  ])('reads %s %j as %j', (name, value, expected) => {
    expect(parse(name, value)).toEqual(expected);
  });

  it.each<[Name, CrontabFieldValue, string]>([
    ['minute', '60', '60 is above 59'],
    ['minute', 60, '60 is above 59'],
    ['minute', -1, '-1 is below 0'],
    ['minute', 1.5, '1.5 is not a whole number'],
    ['minute', NaN, 'NaN is not a whole number'],
    ['minute', [], 'it is empty'],
    ['minute', ['5'] as unknown as number[], '5 is not a whole number'],
    ['minute', null as unknown as number, 'it is no text, number or list'],
    ['minute', '', 'a part of it is empty'],
    ['minute', '1,,2', 'a part of it is empty'],
    ['minute', '-1', 'negative numbers are not possible'],
    ['minute', '5-', '"" is not a number'],
    ['minute', '1-2-3', '"1-2-3" is not a range of two values'],
    ['minute', '1/2', 'a step needs "*" or a range before it, as in "1-59/2"'],
    ['minute', '*/', 'the step in "*/" is not a number of at least 1'],
    ['minute', '*/0', 'the step in "*/0" is not a number of at least 1'],
    ['minute', '*/x', 'the step in "*/x" is not a number of at least 1'],
    ['minute', '1-5!', '"5!" is not a number'],
    ['minute', '* ', '"* " is not a number'],
    ['minute', 'mon', '"mon" is not a number'],
    ['minute', '5\n', '"5\n" is not a number'],
    ['hour', '24', '24 is above 23'],
    ['dayOfMonth', '0', '0 is below 1'],
    ['dayOfMonth', 'L', '"L" is not a number'],
    ['dayOfWeek', '7', '7 is above 6, and Sunday is 0'],
    ['dayOfWeek', 'mo', '"mo" is not a number or a name'],
    ['dayOfWeek', 'monkey', '"monkey" is not a number or a name'],
    ['dayOfWeek', 'jan', '"jan" is not a number or a name'],
    ['monthOfYear', 'foo', '"foo" is not a number or a name'],
    ['monthOfYear', 13, '13 is above 12'],
  ])('refuses %s %j: %s', (name, value, problem) => {
    expect(() => parse(name, value)).toThrow(
      expect.objectContaining({ constructor: InvalidCrontabError, field: name, received: value, problem }),
    );
  });

  it('says what it accepts', () => {
    expect(() => parse('dayOfWeek', '7')).toThrow(
      'Crontab field "dayOfWeek" cannot be "7" (string): 7 is above 6, and Sunday is 0. Expected numbers from 0 (Sunday) to 6 or names such as "mon", ' +
        '"*", ranges "a-b", steps "*/n" and "a-b/n", or several of these separated by commas.',
    );
  });
});
