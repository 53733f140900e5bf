import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { TaskDeclarationError } from '../../../lib/errors/index.js';
import {
  Ctx,
  Kwargs,
  readParameters,
  TaskContext,
  type Injected,
  type TaskParameter,
} from '../../../lib/tasks/index.js';

const CurrentTenant = createParamDecorator((_data: unknown, _context: ExecutionContext) => 'acme');

/** What a tracing decorator does. */
function replaced(_target: object, _method: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown, ...args: unknown[]) {
    return original.apply(this, args);
  };
}

function replacedByArguments(_target: object, _method: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as (...args: unknown[]) => unknown;
  descriptor.value = function (this: unknown) {
    return original.apply(this, [...arguments]);
  };
}

function bound(_target: object, _method: string, descriptor: PropertyDescriptor): void {
  descriptor.value = (descriptor.value as () => unknown).bind(undefined);
}

class Tasks {
  plain(_id: string, _count = 1, ..._more: string[]) {}
  filled(@Ctx() _ctx: TaskContext, _id: string, @CurrentTenant() _tenant: Injected<string>, @Kwargs() _rest: Kwargs) {}
  destructured({ id: _id }: { id: string }, [_first]: string[]) {}

  @replaced
  traced(_id: string, @Ctx() _ctx: TaskContext, _note?: string) {}

  @replacedByArguments
  tracedByArguments(_id: string, _note: string) {}

  @replaced
  tracedOne(_id: string) {}

  @bound
  bound(@Ctx() _ctx: TaskContext, _id: string) {}
}

function read(
  method: keyof Tasks,
  params?: readonly string[],
  prototype: object = Tasks.prototype,
): readonly TaskParameter[] {
  return readParameters(prototype, method, params, `Tasks.${method}`);
}

const sent = (name: string | undefined, optional = false): TaskParameter => ({ kind: 'sent', name, optional });
const CONTEXT: TaskParameter = { kind: 'context' };

describe('readParameters', () => {
  it('reads names, default values and the rest', () => {
    expect(read('plain')).toEqual([sent('_id'), sent('_count', true), { kind: 'rest', name: '_more' }]);
  });

  it('marks what decorators of this library and of the user fill', () => {
    expect(read('filled')).toEqual([CONTEXT, sent('_id'), { kind: 'injected' }, { kind: 'kwargs' }]);
  });

  it('keeps the marks of an inherited method and of one that is overridden without decorators', () => {
    class Inherits extends Tasks {}
    class Overrides extends Tasks {
      override filled(_ctx: TaskContext, _id: string, _tenant: Injected<string>, _rest: Kwargs) {}
    }

    expect(read('filled', undefined, Inherits.prototype)).toEqual(read('filled'));
    expect(read('filled', undefined, Overrides.prototype)).toEqual(read('filled'));
  });

  it('has no name for a parameter that is taken apart', () => {
    expect(read('destructured')).toEqual([sent(undefined), sent(undefined)]);
  });

  it('takes names from params, in the order of what is sent', () => {
    expect(read('filled', ['invoice_id'])).toEqual([
      CONTEXT,
      sent('invoice_id'),
      { kind: 'injected' },
      { kind: 'kwargs' },
    ]);
    expect(read('destructured', ['order', 'lines?'])).toEqual([sent('order'), sent('lines', true)]);
    expect(read('plain', ['id', 'count', '_more'])).toEqual([
      sent('id'),
      sent('count', true),
      { kind: 'rest', name: '_more' },
    ]);
  });

  it.each([[['a', 'b']], [[]]])('refuses params %j that do not fit the method', (params) => {
    expect(() => read('filled', params)).toThrow(TaskDeclarationError);
    expect(() => read('filled', params)).toThrow(
      `Tasks.filled is sent 1 argument, but "params" of its @Task() names ${params.length}: name each one that is sent, in order, and no other.`,
    );
  });

  it('counts the parameters of a function put in the place of the method by its types', () => {
    expect(read('traced')).toEqual([sent(undefined), CONTEXT, sent(undefined)]);
    expect(read('tracedByArguments')).toEqual([sent(undefined), sent(undefined)]);
    expect(read('bound')).toEqual([CONTEXT, sent(undefined)]);
  });

  it('takes any arguments where nothing tells how many there are', () => {
    expect(read('tracedOne')).toEqual([{ kind: 'rest', name: 'args' }]);
    expect(readParameters({ run: Math.max }, 'run', undefined, 'X.run')).toEqual([{ kind: 'rest', name: undefined }]);
    expect(
      readParameters(
        {
          run: function () {
            return [...arguments];
          },
        },
        'run',
        undefined,
        'X.run',
      ),
    ).toEqual([{ kind: 'rest', name: undefined }]);
  });

  it('names the arguments of such a function by params', () => {
    expect(read('traced', ['id', 'note?'])).toEqual([sent('id'), CONTEXT, sent('note', true)]);
    expect(read('tracedOne', ['id'])).toEqual([sent('id')]);
  });

  it('refuses a context or kwargs parameter that nothing fills', () => {
    class Forgotten {
      @replaced
      context(_id: string, _ctx: TaskContext) {}

      @replaced
      kwargs(_rest: Kwargs) {}
    }

    expect(() => readParameters(Forgotten.prototype, 'context', undefined, 'Forgotten.context')).toThrow(
      'Forgotten.context has a parameter that nothing fills, number 2: put @Ctx() before it.',
    );
    expect(() => readParameters(Forgotten.prototype, 'kwargs', undefined, 'Forgotten.kwargs')).toThrow(
      'Forgotten.kwargs has a parameter that nothing fills, number 1: put @Kwargs() before it.',
    );
  });
});
