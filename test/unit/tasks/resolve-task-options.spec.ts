import { describe, expect, it } from 'vitest';
import { InvalidOptionError, UnknownOptionError } from '../../../lib/errors/index.js';
import { resolveTasksOptions, type TasksOptions } from '../../../lib/options/index.js';
import {
  resolveTaskOptions,
  type ResolvedTaskOptions,
  type StandardSchema,
  type TaskDefaultsOptions,
  type TaskOptions,
} from '../../../lib/tasks/index.js';

class SmtpError extends Error {}
const anything: StandardSchema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };

function resolve(
  declared: TaskOptions,
  classDefaults: TaskDefaultsOptions = {},
  module: TasksOptions = {},
): ResolvedTaskOptions {
  return resolveTaskOptions(declared, classDefaults, resolveTasksOptions(module), 'BillingTasks.sendInvoice');
}

describe('resolveTaskOptions', () => {
  it("has Celery's defaults, but for late acknowledgement", () => {
    expect(resolve({})).toEqual({
      name: 'BillingTasks.sendInvoice',
      queue: undefined,
      priority: undefined,
      maxRetries: 3,
      defaultRetryDelayMs: 180_000,
      autoretryFor: [],
      dontAutoretryFor: [],
      retryBackoffMs: undefined,
      retryBackoffMaxMs: 600_000,
      retryJitter: true,
      ignoreResult: false,
      storeErrorsEvenIfIgnored: false,
      trackStarted: false,
      sendEvents: true,
      acksLate: true,
      acksOnFailure: true,
      acksOnTimeout: true,
      timeLimitMs: undefined,
      softTimeLimitMs: undefined,
      expiresMs: undefined,
      throws: [],
      schema: [],
      resultSchema: undefined,
      params: undefined,
      globalEnhancers: true,
    });
  });

  it.each<[TaskOptions, Partial<ResolvedTaskOptions>]>([
    [{ name: 'billing.send_invoice' }, { name: 'billing.send_invoice' }],
    [{ queue: 'important' }, { queue: 'important' }],
    [{ priority: 0 }, { priority: 0 }],
    [{ priority: 9 }, { priority: 9 }],
    [{ maxRetries: 0 }, { maxRetries: 0 }],
    [{ maxRetries: null }, { maxRetries: null }],
    [{ defaultRetryDelay: 0 }, { defaultRetryDelayMs: 0 }],
    [{ autoretryFor: [SmtpError] }, { autoretryFor: [SmtpError] }],
    [{ dontAutoretryFor: [SmtpError] }, { dontAutoretryFor: [SmtpError] }],
    [{ retryBackoff: true }, { retryBackoffMs: 1_000 }],
    [{ retryBackoff: '5s' }, { retryBackoffMs: 5_000 }],
    [{ retryBackoff: false }, { retryBackoffMs: undefined }],
    [{ retryBackoffMax: '1h' }, { retryBackoffMaxMs: 3_600_000 }],
    [{ retryJitter: false }, { retryJitter: false }],
    [{ ignoreResult: true }, { ignoreResult: true }],
    [{ storeErrorsEvenIfIgnored: true }, { storeErrorsEvenIfIgnored: true }],
    [{ trackStarted: true }, { trackStarted: true }],
    [{ sendEvents: false }, { sendEvents: false }],
    [{ acksLate: false }, { acksLate: false }],
    [{ acksOnFailure: false }, { acksOnFailure: false }],
    [{ acksOnTimeout: false }, { acksOnTimeout: false }],
    [
      { timeLimit: '30s', softTimeLimit: 20_000 },
      { timeLimitMs: 30_000, softTimeLimitMs: 20_000 },
    ],
    [{ expires: '5m' }, { expiresMs: 300_000 }],
    [{ throws: [SmtpError] }, { throws: [SmtpError] }],
    [{ schema: anything }, { schema: [anything] }],
    [{ schema: [undefined, anything] }, { schema: [undefined, anything] }],
    [{ resultSchema: anything }, { resultSchema: anything }],
    [{ params: ['invoiceId', 'note?'] }, { params: ['invoiceId', 'note?'] }],
    [{ globalEnhancers: false }, { globalEnhancers: false }],
  ])('accepts %j', (given, expected) => {
    expect(resolve(given)).toMatchObject(expected);
  });

  it('takes a schema that is a function, as arktype makes them', () => {
    const schema = Object.assign(() => true, anything) as StandardSchema;

    expect(resolve({ schema }).schema).toEqual([schema]);
  });

  it.each<[string, unknown, string]>([
    ['name', '', 'a text that is not empty and has no control characters, got "" (string)'],
    ['name', 'a\nb', 'a text that is not empty and has no control characters'],
    ['queue', 5, 'a text that is not empty'],
    ['priority', 10, 'an integer from 0 to 9, got 10 (number)'],
    ['priority', 1.5, 'an integer from 0 to 9'],
    ['maxRetries', -1, 'an integer of at least 0, got -1 (number)'],
    ['defaultRetryDelay', '3 minuets', 'or a text with a unit'],
    ['autoretryFor', SmtpError, 'an array of error classes, got SmtpError (function)'],
    ['dontAutoretryFor', 'Error', 'an array of error classes'],
    ['retryBackoff', 0, 'longer than 0'],
    ['retryBackoffMax', 0, 'longer than 0'],
    ['retryJitter', 'yes', 'true or false, got "yes" (string)'],
    ['ignoreResult', 1, 'true or false'],
    ['storeErrorsEvenIfIgnored', 1, 'true or false'],
    ['trackStarted', 1, 'true or false'],
    ['sendEvents', 'no', 'true or false'],
    ['acksLate', null, 'true or false, got null'],
    ['acksOnFailure', 1, 'true or false'],
    ['acksOnTimeout', 1, 'true or false'],
    ['timeLimit', 0, 'longer than 0'],
    ['softTimeLimit', -5, '0 or more milliseconds'],
    ['expires', '0s', 'longer than 0'],
    ['throws', {}, 'an array of error classes'],
    ['schema', {}, 'a Standard Schema object, as zod, valibot and arktype make them, got Object (object)'],
    ['resultSchema', 'string', 'a Standard Schema object'],
    ['params', 'id', 'an array of parameter names'],
    ['globalEnhancers', 1, 'true or false'],
  ])('refuses %s: %j', (option, value, expected) => {
    const given = { [option]: value } as TaskOptions;

    expect(() => resolve(given)).toThrow(InvalidOptionError);
    expect(() => resolve(given)).toThrow(`Expected option "@Task() of BillingTasks.sendInvoice: ${option}" to be `);
    expect(() => resolve(given)).toThrow(expected);
  });

  it('names the place in a list', () => {
    expect(() => resolve({ autoretryFor: [SmtpError, 'x' as never] })).toThrow(
      'sendInvoice: autoretryFor[1]" to be an error class',
    );
    expect(() => resolve({ schema: [anything, {} as never] })).toThrow('sendInvoice: schema[1]"');
    expect(() => resolve({ params: ['a', 'b', 'a?'] })).toThrow(
      'sendInvoice: params[2]" to be a name that no other parameter has',
    );
    expect(() => resolve({ params: ['?'] })).toThrow('sendInvoice: params[0]" to be a parameter name');
  });

  it('refuses an unknown option with the nearest known one', () => {
    expect(() => resolve({ maxRetrys: 3 } as object)).toThrow(UnknownOptionError);
    expect(() => resolve({ maxRetrys: 3 } as object)).toThrow(
      'Unknown option "@Task() of BillingTasks.sendInvoice: maxRetrys"; did you mean "maxRetries"?',
    );
    expect(() => resolve({}, { name: 'x' } as object)).toThrow(
      'Unknown option "@TaskDefaults() of BillingTasks: name"',
    );
  });

  it('takes a rate limit from the task, else from the class, else from the module; null is none', () => {
    const module = resolveTasksOptions({ defaultRateLimit: '1/s' });
    const limitOf = (task: object, inClass: object): string | undefined =>
      resolveTaskOptions(task, inClass, module, 'A.b').rateLimit?.text;

    expect([
      limitOf({}, {}),
      limitOf({}, { rateLimit: '2/s' }),
      limitOf({ rateLimit: 3 }, { rateLimit: '2/s' }),
    ]).toEqual(['1/s', '2/s', '3']);
    expect(limitOf({ rateLimit: null }, {})).toBeUndefined();
    expect(() => resolve({ rateLimit: '1/week' })).toThrow('@Task() of BillingTasks.sendInvoice: rateLimit');
  });

  it('takes from the class what the task leaves out, and from the module what both do', () => {
    const module: TasksOptions = {
      maxRetries: 7,
      defaultRetryDelay: '1s',
      acksLate: false,
      defaultPriority: 4,
      trackStarted: true,
    };
    const classDefaults: TaskDefaultsOptions = { maxRetries: 5, queue: 'class', autoretryFor: [SmtpError] };

    const resolved = resolve({ maxRetries: undefined, queue: 'task' }, classDefaults, module);

    expect(resolved).toMatchObject({
      queue: 'task',
      maxRetries: 5,
      autoretryFor: [SmtpError],
      defaultRetryDelayMs: 1_000,
      acksLate: false,
      priority: 4,
      trackStarted: true,
    });
  });

  it('says that a value of the class is at fault', () => {
    expect(() => resolve({}, { priority: 12 })).toThrow(
      'Expected option "@TaskDefaults() of BillingTasks: priority" to be an integer from 0 to 9',
    );
    expect(() => resolve({ priority: 1 }, { namePrefix: '' })).toThrow('"@TaskDefaults() of BillingTasks: namePrefix"');
  });

  it('puts the prefix of the class before a name that was given and one that was not', () => {
    expect(resolve({ name: 'send_invoice' }, { namePrefix: 'billing.' }).name).toBe('billing.send_invoice');
    expect(resolve({}, { namePrefix: 'billing.' }).name).toBe('billing.BillingTasks.sendInvoice');
  });

  it('refuses a soft limit that does not come before the hard one, wherever each is from', () => {
    expect(() => resolve({ softTimeLimit: '30s', timeLimit: '30s' })).toThrow(
      'Expected option "@Task() of BillingTasks.sendInvoice: softTimeLimit" to be less than the time limit of 30 s, got "30s" (string).',
    );
    expect(() => resolve({ softTimeLimit: '2m' }, {}, { timeLimit: '1m' })).toThrow(
      'softTimeLimit" to be less than the time limit of 1 m',
    );
    expect(() => resolve({ timeLimit: '5s' }, {}, { softTimeLimit: '10s' })).toThrow(
      'timeLimit" to be more than the soft time limit of 10 s that it has from the module (softTimeLimit: null for none), got "5s" (string).',
    );
  });

  it('takes null for no limit although the module has one', () => {
    expect(
      resolve({ timeLimit: null, softTimeLimit: null }, {}, { timeLimit: '1m', softTimeLimit: '30s' }),
    ).toMatchObject({
      timeLimitMs: undefined,
      softTimeLimitMs: undefined,
    });
  });
});
