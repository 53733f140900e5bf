import { object, pipe, pipeAsync, string, minLength, checkAsync } from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PayloadValidationError } from '../../../lib/errors/index.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import {
  resolveTaskOptions,
  validateArguments,
  validateBoundArguments,
  validateResult,
  type TaskOptions,
  type TaskParameter,
} from '../../../lib/tasks/index.js';

const sent = (name: string): TaskParameter => ({ kind: 'sent', name, optional: false });

function definition(schema: TaskOptions['schema'], parameters: readonly TaskParameter[]) {
  return {
    name: 'shop.order',
    parameters,
    options: resolveTaskOptions({ schema }, {}, resolveTasksOptions(), 'Shop.order'),
  };
}

async function refusal(promise: Promise<unknown>): Promise<PayloadValidationError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PayloadValidationError);
  return error as PayloadValidationError;
}

describe('validateArguments', () => {
  it('returns what the schemas made of the arguments, and leaves the given ones alone', async () => {
    const args = [{ count: '3', extra: true }, 'as it is'];

    const validated = await validateArguments('t', [z.object({ count: z.coerce.number() })], args);

    expect(validated).toEqual([{ count: 3 }, 'as it is']);
    expect(args).toEqual([{ count: '3', extra: true }, 'as it is']);
  });

  it('collects every issue of every argument with its path', async () => {
    const order = z.object({ lines: z.array(z.object({ price: z.number('a number') })) });
    const parameters = [sent('order'), sent('email')];

    const error = await refusal(
      validateArguments(
        'shop.order',
        [order, z.email('an address')],
        [{ lines: [{ price: 'x' }] }, 'nobody'],
        parameters,
      ),
    );

    expect(error.issues).toEqual([
      { path: 'order.lines.0.price', message: 'a number' },
      { path: 'email', message: 'an address' },
    ]);
    expect(error.message).toBe(
      'The arguments of task "shop.order" do not fit the schema: "order.lines.0.price": a number; "email": an address.',
    );
    expect(error).toMatchObject({ taskName: 'shop.order', subject: 'arguments', code: 'TQ_PAYLOAD_VALIDATION' });
  });

  it('waits for asynchronous schemas, of valibot too', async () => {
    const schema = object({ id: pipe(string(), minLength(3, 'too short')) });
    const taken = pipeAsync(
      string(),
      checkAsync((value) => Promise.resolve(value !== 'taken'), 'taken already'),
    );

    const error = await refusal(validateArguments('t', [schema, taken], [{ id: 'a' }, 'taken']));

    expect(error.issues).toEqual([
      { path: 'argument 1.id', message: 'too short' },
      { path: 'argument 2', message: 'taken already' },
    ]);
  });

  it('lets a schema decide about an argument that was left out', async () => {
    expect(await validateArguments('t', [z.string(), z.number().default(5)], ['a'])).toEqual(['a', 5]);
    expect(await validateArguments('t', [z.string(), z.number().optional()], ['a'])).toEqual(['a']);
    await refusal(validateArguments('t', [z.string(), z.number()], ['a']));
  });

  it('reads as a ValueError in Python', () => {
    expect(PayloadValidationError.wire).toEqual({ type: 'ValueError', module: 'builtins' });
  });
});

describe('validateBoundArguments', () => {
  it('passes over what is not sent', async () => {
    const task = definition(
      [z.coerce.number(), z.string()],
      [{ kind: 'context' }, sent('a'), { kind: 'injected' }, sent('b')],
    );

    expect(await validateBoundArguments(task, ['ctx', '1', undefined, 'x'])).toEqual(['ctx', 1, undefined, 'x']);
    expect((await refusal(validateBoundArguments(task, ['ctx', '1', undefined, 2]))).issues[0]?.path).toBe('b');
  });

  it('reaches the arguments of a rest parameter', async () => {
    const task = definition([undefined, z.string(), z.coerce.number()], [sent('a'), { kind: 'rest', name: 'more' }]);

    expect(await validateBoundArguments(task, [0, 'x', '2', '3'])).toEqual([0, 'x', 2, '3']);
    expect((await refusal(validateBoundArguments(task, [0, 1]))).issues.map(({ path }) => path)).toEqual([
      'more',
      'more',
    ]);
  });

  it('returns the very same arguments where there is no schema', async () => {
    const bound = [1];

    expect(await validateBoundArguments(definition(undefined, [sent('a')]), bound)).toBe(bound);
  });
});

describe('validateResult', () => {
  it('returns what the schema made of the result', async () => {
    expect(await validateResult('t', z.object({ id: z.string() }), { id: 'a', secret: 1 })).toEqual({ id: 'a' });
    expect(await validateResult('t', undefined, 5)).toBe(5);
  });

  it('refuses one that does not fit', async () => {
    const error = await refusal(validateResult('shop.order', z.object({ id: z.string('a text') }), { id: 1 }));

    expect(error.message).toBe('The result of task "shop.order" does not fit the schema: "id": a text.');
    expect((await refusal(validateResult('t', z.string('a text.'), 1))).message).toMatch(/schema: a text\.$/);
  });
});
