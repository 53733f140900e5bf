import { describe, expect, it } from 'vitest';
import { TaskArgumentsError } from '../../../lib/errors/index.js';
import {
  bindArguments,
  readParameters,
  TaskContext,
  type ArgumentSender,
  type TaskParameter,
} from '../../../lib/tasks/index.js';

type Kwargs = Readonly<Record<string, unknown>>;

function setup(
  method: (...args: never[]) => unknown,
  marks: Readonly<Record<number, TaskParameter>> = {},
  params?: readonly string[],
) {
  const read = readParameters({ method }, 'method', params, 'X.method');
  const parameters = read.map((parameter, index) => marks[index] ?? parameter);
  return (args: readonly unknown[], kwargs: Kwargs = {}, sender: ArgumentSender = 'unchecked', context?: TaskContext) =>
    bindArguments({ name: 'x.task', parameters }, args, kwargs, sender, context);
}

describe('bindArguments', () => {
  it('puts positional arguments in order and keyword arguments by name', () => {
    const bind = setup((_a: number, _b: number, _c: number) => 0);

    expect(bind([1, 2, 3])).toEqual([1, 2, 3]);
    expect(bind([1], { _c: 3, _b: 2 })).toEqual([1, 2, 3]);
    expect(bind([], { _c: 3, _b: 2, _a: 1 })).toEqual([1, 2, 3]);
  });

  it('leaves a default value to the method', () => {
    const bind = setup((_a: number, _b = 2, _c = 3) => 0);

    expect(bind([1])).toEqual([1, undefined, undefined]);
    expect(bind([1], { _c: 4 })).toEqual([1, undefined, 4]);
    expect(bind([1, null])).toEqual([1, null, undefined]);
  });

  it('places the context and leaves a place for what else is filled', () => {
    const marks: Record<number, TaskParameter> = { 0: { kind: 'context' }, 2: { kind: 'injected' } };
    const bind = setup((_ctx: unknown, _a: number, _user: unknown) => 0, marks);
    const context = Object.create(TaskContext.prototype) as TaskContext;

    expect(bind([1], {}, 'unchecked', context)).toEqual([context, 1, undefined]);
    expect(bind([], { _a: 1 })).toEqual([undefined, 1, undefined]);
  });

  it('hands a rest parameter what is left', () => {
    const bind = setup((_a: number, ..._rest: number[]) => 0);

    expect(bind([1])).toEqual([1]);
    expect(bind([1, 2, 3])).toEqual([1, 2, 3]);
    expect(bind(Array.from({ length: 300_000 }, () => 0))).toHaveLength(300_000);
  });

  it('gives @Kwargs() what no parameter is named for, its own name and odd ones too', () => {
    const bind = setup((_a: number, _kw: unknown) => 0, { 1: { kind: 'kwargs' } });

    expect(bind([1], { x: 2, _kw: 3 })).toEqual([1, { x: 2, _kw: 3 }]);
    expect(bind([1])).toEqual([1, {}]);

    const odd = bind([1], JSON.parse('{"__proto__": {"admin": true}, "toString": 1}') as Kwargs)[1] as object;
    expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
    expect(Object.keys(odd)).toEqual(['__proto__', 'toString']);
  });

  it('does not take an inherited property for a keyword argument', () => {
    const bind = setup((toString: unknown) => toString);

    expect(() => bind([])).toThrow('missing 1 required argument: "toString"');
  });

  it.each([
    [[], {}, 'x.task() missing 2 required arguments: "_a" and "_b"'],
    [[1], {}, 'x.task() missing 1 required argument: "_b"'],
    [[], { _b: 2 }, 'x.task() missing 1 required argument: "_a"'],
  ])('refuses %j and %j of a sender no compiler checks', (args, kwargs, message) => {
    const bind = setup((_a: number, _b: number, _c = 3) => 0);

    expect(() => bind(args, kwargs)).toThrow(TaskArgumentsError);
    expect(() => bind(args, kwargs)).toThrow(message);
  });

  it('tells what to do about a missing argument', () => {
    expect(() => setup((_a: number) => 0)([])).toThrow(
      'x.task() missing 1 required argument: "_a" (one that may be left out needs a default value, or a "?" in "params" of its @Task())',
    );
  });

  it('numbers a missing argument that has no name', () => {
    const bind = setup((_a: number, { b: _b }: { b: number }) => 0);

    expect(() => bind([1])).toThrow('missing 1 required argument: number 2');
  });

  it('lets a sender that a compiler checks leave out what it may leave out', () => {
    const bind = setup((_a: number, _b?: number) => 0);

    expect(bind([1], {}, 'checked')).toEqual([1, undefined]);
  });

  it('lets anyone leave out what params marks', () => {
    const bind = setup((_a: number, _b?: number) => 0, {}, ['a', 'b?']);

    expect(bind([1])).toEqual([1, undefined]);
    expect(() => bind([])).toThrow('missing 1 required argument: "a"');
  });

  it.each(['checked', 'unchecked'] as const)('refuses too many arguments of a %s sender', (sender) => {
    expect(() => setup(() => 0)([1], {}, sender)).toThrow('x.task() takes 0 positional arguments but 1 was given');
    expect(() => setup((_a: number) => 0)([1, 2], {}, sender)).toThrow(
      'x.task() takes 1 positional argument but 2 were given',
    );
    expect(() => setup((_a: number, _b = 1) => 0)([1, 2, 3], {}, sender)).toThrow(
      'x.task() takes from 1 to 2 positional arguments but 3 were given',
    );
  });

  it.each(['checked', 'unchecked'] as const)(
    'refuses unknown and doubled keyword arguments of a %s sender',
    (sender) => {
      const bind = setup((_invoiceId: string, _note = '') => 0);

      expect(() => bind(['a'], { colour: 1 }, sender)).toThrow('x.task() got an unexpected keyword argument "colour"');
      expect(() => bind(['a'], { _note_: 1 }, sender)).toThrow(
        'unexpected keyword argument "_note_"; did you mean "_note"?',
      );
      expect(() => bind(['a'], { _invoiceId: 'b' }, sender)).toThrow(
        'x.task() got multiple values for argument "_invoiceId"',
      );
    },
  );

  it('names params where a keyword argument meets a parameter without a name', () => {
    const bind = setup(({ a: _a }: { a: number }) => 0);

    expect(() => bind([], { order: 1 })).toThrow(
      'x.task() got a keyword argument "order", but not all of its parameters have names that can be read; give them in "params" of its @Task()',
    );
  });

  it('reads as a TypeError in Python', () => {
    expect(TaskArgumentsError.wire).toEqual({ type: 'TypeError', module: 'builtins' });
  });
});
