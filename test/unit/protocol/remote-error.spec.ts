import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as errors from '../../../lib/errors/index.js';
import { errorRegistry, exceptionMap, fromWireError, toWireError } from '../../../lib/protocol/index.js';

class SmtpError extends Error {
  static readonly wire: errors.WireClass<SmtpError> = {
    type: 'SMTPException',
    module: 'smtplib',
    args: (error) => [error.status, error.message],
  };

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

class Picky extends Error {
  constructor(given: { readonly text: string }) {
    super(given.text.toUpperCase());
  }
}

const registry = errorRegistry([SmtpError, Picky]);
const there = (error: unknown): Error => {
  const wire = toWireError(error);
  return fromWireError(JSON.parse(JSON.stringify(exceptionMap(wire))), wire.traceback, registry);
};

describe('fromWireError', () => {
  it('rebuilds a registered class with its arguments', () => {
    const error = there(new SmtpError(550, 'no such user'));

    expect(error).toBeInstanceOf(SmtpError);
    expect(error).toMatchObject({ status: 550, message: 'no such user' });
  });

  it('keeps the names and the traceback in the cause of what it rebuilds', () => {
    const { cause } = there(new SmtpError(550, 'x'));

    expect(cause).toBeInstanceOf(errors.RemoteTaskError);
    expect(cause).toMatchObject({
      excType: 'SMTPException',
      excModule: 'smtplib',
      excArgs: [550, 'x'],
      traceback: expect.stringContaining('Traceback'),
    });
  });

  it.each([
    new errors.NotRegistered('a.b'),
    new errors.TaskRevokedError('terminated'),
    new errors.TimeLimitExceeded(2_500),
    new errors.SoftTimeLimitExceeded(undefined),
    new errors.WorkerLostError('signal 9'),
    new errors.MaxRetriesExceededError('none left'),
    new errors.ChordError('x'),
    new errors.InvalidTaskError('x'),
    new errors.ImproperlyConfigured('x'),
    new errors.TaskForbidden('a.b'),
    new errors.EncodeError('x'),
    new errors.DecodeError('x'),
    new errors.ContentDisallowed('x'),
    new errors.Reject('no thanks', { requeue: true }),
  ])('rebuilds $name', (error) => {
    const rebuilt = there(error);

    expect(rebuilt).toBeInstanceOf(error.constructor);
    expect({ ...rebuilt, message: rebuilt.message }).toEqual({ ...error, message: error.message });
  });

  it('rebuilds what is exactly the same in both languages', () => {
    expect(there(new TypeError('x'))).toBeInstanceOf(TypeError);
    expect(there(new RangeError('x'))).toBeInstanceOf(errors.RemoteTaskError);
  });

  it('hands on a remote error under its own name', () => {
    const remote = new errors.RemoteTaskError('KeyError', 'builtins', ['k'], 'tb');

    expect(there(remote)).toMatchObject({
      excType: 'KeyError',
      excModule: 'builtins',
      excArgs: ['k'],
      message: 'KeyError: k',
    });
  });

  it('falls back where a constructor wants other arguments', () => {
    expect(there(new Picky({ text: 'x' }))).toMatchObject({
      name: 'RemoteTaskError',
      excType: 'Picky',
      excArgs: ['X'],
    });
  });

  it.each([
    ['a text', 'boom', { excType: 'Exception', excArgs: ['boom'] }],
    ['a list', ['boom', 7], { excType: 'Exception', excArgs: ['boom', 7] }],
    ['nothing', null, { excType: 'Exception', excArgs: [] }],
    ['a number', 5, { excType: 'Exception', excArgs: [5] }],
    ['an empty map', {}, { excType: 'Exception', excArgs: [{}] }],
    [
      'a message that is a text',
      { exc_type: 'E', exc_message: 'x', exc_module: 'm' },
      { excType: 'E', excModule: 'm', excArgs: ['x'] },
    ],
    ['no message', { exc_type: 'E' }, { excType: 'E', excModule: '', excArgs: [] }],
    ['a type that is none', { exc_type: 5, exc_message: ['x'] }, { excType: 'Exception', excArgs: ['x'] }],
  ])('takes %s of older writers', (_name, result, expected) => {
    expect(fromWireError(result, null)).toMatchObject(expected);
  });

  it.each(['__proto__', 'constructor', 'Function', 'process.exit', 'Object'])(
    'looks the name %s up nowhere else',
    (name) => {
      for (const module of ['', 'builtins', 'globalThis', '__proto__']) {
        const error = fromWireError({ exc_type: name, exc_module: module, exc_message: ['return 1'] }, null);

        expect(error.constructor).toBe(errors.RemoteTaskError);
      }
    },
  );

  it('never throws', () => {
    const key = fc.constantFrom('exc_type', 'exc_message', 'exc_module');
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        'TypeError',
        'builtins',
        'celery.exceptions',
        'NotRegistered',
        'TimeLimitExceeded',
        'billiard.exceptions',
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.dictionary(key, value), value), (result) => {
        expect(fromWireError(result, null, registry)).toBeInstanceOf(Error);
      }),
      { numRuns: 1_000 },
    );
  });
});
