import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  ChordError,
  NotRegistered,
  RemoteTaskError,
  SoftTimeLimitExceeded,
  TaskForbidden,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
  type WireClass,
} from '../../../lib/errors/index.js';
import { describeThrown, exceptionMap, toWireError, wireName } from '../../../lib/protocol/index.js';

class SmtpError extends Error {
  static readonly wire: WireClass<SmtpError> = {
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

class PlainError extends Error {}

const names = (error: unknown): unknown[] => {
  const { excModule, excType, excMessage } = toWireError(error);
  return [`${excModule}.${excType}`, ...excMessage];
};

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('toWireError', () => {
  it.each([
    [new Error('x'), ['builtins.Exception', 'x']],
    [new TypeError('x'), ['builtins.TypeError', 'x']],
    [new RangeError('x'), ['builtins.ValueError', 'x']],
    [new SyntaxError('x'), ['builtins.SyntaxError', 'x']],
    [new ReferenceError('x'), ['builtins.NameError', 'x']],
    [new AggregateError([new Error('a')], 'x'), ['builtins.Exception', 'x']],
    [new PlainError('x'), ['nest_task_queue.PlainError', 'x']],
    [Object.assign(new Error('x'), { name: 'Renamed' }), ['nest_task_queue.Renamed', 'x']],
    [new DOMException('x', 'AbortError'), ['nest_task_queue.AbortError', 'x']],
    [new DOMException('x', 'TimeoutError'), ['builtins.TimeoutError', 'x']],
    [new SmtpError(550, 'no such user'), ['smtplib.SMTPException', 550, 'no such user']],
    [new NotRegistered('a.b', 'a.c'), ['celery.exceptions.NotRegistered', 'a.b']],
    [new TaskRevokedError('expired'), ['celery.exceptions.TaskRevokedError', 'expired']],
    [new ChordError('x'), ['celery.exceptions.ChordError', 'x']],
    [new TimeLimitExceeded(1_500), ['billiard.exceptions.TimeLimitExceeded', 1.5]],
    [new SoftTimeLimitExceeded(undefined), ['billiard.exceptions.SoftTimeLimitExceeded']],
    [new WorkerLostError('x'), ['billiard.exceptions.WorkerLostError', 'x']],
    [new TaskForbidden('a.b'), ['nest_task_queue.TaskForbidden', 'a.b']],
    [new RemoteTaskError('KeyError', 'builtins', ['k']), ['builtins.KeyError', 'k']],
  ])('%s is %j', (error, expected) => {
    expect(names(error)).toEqual(expected);
  });

  it('gives system errors the class Python has for them', async () => {
    const missing = thrownBy(() => readFileSync('/no/such/file'));
    const folder = thrownBy(() => readFileSync('/'));
    const [refused] = (await once(connect(1, '127.0.0.1'), 'connect').catch((error: unknown) => [error])) as unknown[];

    expect([missing, folder, refused].map((error) => names(error)[0])).toEqual([
      'builtins.FileNotFoundError',
      'builtins.IsADirectoryError',
      'builtins.ConnectionRefusedError',
    ]);
    expect(names(Object.assign(new Error('x'), { code: 'EDQUOT', syscall: 'write' }))[0]).toBe('builtins.OSError');
  });

  it.each([
    ['a text', 'oops', 'oops'],
    ['nothing', undefined, 'None'],
    ['null', null, 'None'],
    ['a number', 5, '5'],
    ['an object', { a: 1 }, "{'a': 1}"],
    ['an object without a prototype', Object.create(null), '{}'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a proxy that throws', new Proxy({}, thrower()), '<unrepresentable>'],
    ['a proxy of an error that throws', new Proxy(new Error('x'), thrower()), '<unrepresentable>'],
    ['a revoked proxy', revoked(), '<unrepresentable>'],
  ])('takes %s that is thrown', (_name, thrown, shown) => {
    const { excType, excMessage, traceback } = toWireError(thrown);

    expect([excType, ...excMessage]).toEqual(['Exception', shown]);
    expect(traceback).toContain(`Exception: ${shown} was thrown, which is not an Error`);
  });

  function thrower(): ProxyHandler<object> {
    const refuse = (): never => {
      throw new Error('no');
    };
    return { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse, getOwnPropertyDescriptor: refuse };
  }

  function revoked(): unknown {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }

  it('shows arguments that cannot be sent', () => {
    class Odd extends Error {
      static readonly wire = {
        type: 'Odd',
        module: 'm',
        args: () => [1n, new Map([['a', 1]]), 'text', undefined, [1]],
      };
    }
    const encode = (value: unknown): void => {
      if (typeof value === 'bigint' || value instanceof Map) throw new Error('no');
    };

    expect(toWireError(new Odd(), encode).excMessage).toEqual(['1', "{'a': 1}", 'text', null, [1]]);
  });

  it('falls back on the message where `args` throws or is no list', () => {
    class Broken extends Error {
      static readonly wire = {
        type: 'Broken',
        module: 'm',
        args: (): never => {
          throw new Error('no');
        },
      };
    }

    expect(names(new Broken('x'))).toEqual(['m.Broken', 'x']);
  });

  it('survives errors whose fields lie', () => {
    const odd = Object.assign(new Error('x'), { stack: 5, name: null, cause: 7 });
    const getters = Object.defineProperty(new Error('x'), 'stack', {
      get: () => {
        throw new Error('no');
      },
    });
    const message = Object.defineProperty(new Error('x'), 'message', {
      value: {
        toString: () => {
          throw new Error('no');
        },
      },
    });

    for (const error of [odd, getters, message]) expect(toWireError(error).excType).toBe('Exception');
  });
});

describe('the traceback', () => {
  const FRAME = /^\s*File "(.+)", line (\d+)(, in (.+))?$/;

  it("has Python's form, the most recent call last, with V8's line below each frame", () => {
    const lines = toWireError(
      thrownBy(function innermost() {
        throw new TypeError('boom');
      }),
    ).traceback.split('\n');

    expect(lines[0]).toBe('Traceback (most recent call last):');
    const frames = lines.filter((line) => FRAME.test(line));
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.at(-1)).toMatch(/, in innermost$/);
    expect(lines.at(-3)).toMatch(/^ {4}at innermost \(.+wire-error\.spec\.ts:\d+:\d+\)$/);
    expect(lines.slice(-2)).toEqual(['TypeError: boom', '']);
  });

  it('tells of causes first', () => {
    const { traceback } = toWireError(new Error('outer', { cause: new TypeError('middle', { cause: 'inner' }) }));

    const order = ['Exception: inner\n', 'direct cause', 'TypeError: middle\n', 'direct cause', 'Error: outer\n'];
    const places = order.map((part, index) =>
      traceback.indexOf(part, index === 3 ? traceback.indexOf('direct cause') + 1 : 0),
    );
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('ends where causes run in a circle, and after ten', () => {
    const circle = new Error('a');
    circle.cause = new Error('b', { cause: circle });
    let long = new Error('0');
    for (let at = 1; at < 100; at += 1) long = new Error(String(at), { cause: long });

    expect(toWireError(circle).traceback.match(/Traceback/g)).toHaveLength(2);
    expect(toWireError(long).traceback.match(/Traceback/g)).toHaveLength(10);
  });

  it('lists what an AggregateError holds', () => {
    const { traceback } = toWireError(new AggregateError([new TypeError('a'), 'b'], 'all failed'));

    expect(traceback).toContain('AggregateError: all failed\n  [0] TypeError: a\n  [1] Exception: b\n');
  });

  it('takes no line of the message for a frame, and cuts a long one', () => {
    const { traceback } = toWireError(new Error(`x\n    at fake (/etc/passwd:1:1)\n${'y'.repeat(100_000)}`));

    expect(traceback).not.toContain('File "/etc/passwd"');
    expect(traceback.length).toBeLessThan(20_000);
  });
});

describe('names on the wire', () => {
  it('are those a class declares, else its own', () => {
    expect([wireName(SmtpError), wireName(PlainError), wireName(WorkerLostError)]).toEqual([
      'smtplib.SMTPException',
      'nest_task_queue.PlainError',
      'billiard.exceptions.WorkerLostError',
    ]);
  });

  it('make the map that is stored', () => {
    expect(exceptionMap(toWireError(new TypeError('x')))).toEqual({
      exc_type: 'TypeError',
      exc_message: ['x'],
      exc_module: 'builtins',
    });
  });

  it('stand in the one line that describes an error', () => {
    class Unnamed extends TypeError {}

    expect([new SmtpError(1, 'x'), new Unnamed('y'), new Error(''), 'text', 5].map(describeThrown)).toEqual([
      'SMTPException: x',
      'Unnamed: y',
      'Error',
      'Exception: text',
      'Exception: 5',
    ]);
  });
});
