import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as errors from '../../../lib/errors/index.js';

type ErrorClass = (new (...args: never[]) => errors.TaskQueueError) & { readonly wire?: errors.WireClass };

/** Every class of the tree that can be made. */
const classes = (Object.entries(errors) as [string, unknown][]).filter(isErrorClass);

function isErrorClass(entry: [string, unknown]): entry is [string, ErrorClass] {
  return typeof entry[1] === 'function' && entry[1].prototype instanceof errors.TaskQueueError;
}

/** Those that a reader can rebuild; others bear the name of a builtin that means the same. */
const named = classes.filter(([, { wire }]) => wire !== undefined && wire.module !== 'builtins');

/** The class's own field, without knowing what its constructor wants. */
function codeOf(errorClass: ErrorClass): string {
  const code = /\bcode = ["'](TQ_[A-Z0-9_]+)["']/.exec(errorClass.toString())?.[1];
  if (code === undefined) throw new Error(`${errorClass.name} has no code`);
  return code;
}

describe('the tree of errors', () => {
  it('has classes', () => {
    expect(classes.length).toBeGreaterThan(30);
  });

  it('has no two of one code', () => {
    const codes = classes.map(([, errorClass]) => codeOf(errorClass));

    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it.each(classes)('%s is exported under its own name, with a code in capitals', (name, errorClass) => {
    expect(errorClass.name).toBe(name);
    expect(codeOf(errorClass)).toMatch(/^TQ_[A-Z]+(_[A-Z0-9]+)*$/);
  });

  it('is listed whole in README.md', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

    const missing = classes.filter(
      ([name, errorClass]) => !readme.includes(`| \`${name}\` | \`${codeOf(errorClass)}\` |`),
    );

    expect(missing.map(([name]) => name)).toEqual([]);
  });

  it('names the instance after its class, and keeps the cause', () => {
    const cause = new Error('why');
    const error = new errors.EncodeError('what', 'a.b', { cause });

    expect(error).toMatchObject({ name: 'EncodeError', code: 'TQ_ENCODE', message: 'what', path: 'a.b', cause });
    expect(error).toBeInstanceOf(Error);
  });

  it.each(named)('%s travels under its own name', (name, { wire }) => {
    expect(wire?.type).toBe(name);
    expect(wire?.module).toMatch(/^(celery\.exceptions|billiard\.exceptions|kombu\.exceptions|nest_task_queue)$/);
  });

  it.each(named)('%s is rebuilt from no arguments, and from any', (_name, errorClass) => {
    for (const args of [[], ['text'], [5], [null], [{ a: 1 }, 2, 3]]) {
      expect(errorClass.wire?.from?.(args)).toBeInstanceOf(errorClass);
    }
  });
});

describe('RemoteTaskError', () => {
  it.each<[readonly unknown[], string]>([
    [['k'], 'KeyError: k'],
    [[], 'KeyError'],
    [[1, 'a', { b: 2 }], 'KeyError: 1, a, {"b":2}'],
    [[1n, null, undefined, [2n]], 'KeyError: 1, null, undefined, [object Array]'],
    [['x'.repeat(5_000)], `KeyError: ${'x'.repeat(1_000)}…`],
  ])('says of %o what Python would', (args, message) => {
    expect(new errors.RemoteTaskError('KeyError', 'builtins', args).message).toBe(message);
  });
});

describe('ChildBootError', () => {
  it('has the frames of the child as its stack, and says nothing twice', () => {
    const error = new errors.ChildBootError('prefork child 0', 'Error: no', 'Error: no\n    at main (a.js:1:1)');

    expect(error.stack).toBe('ChildBootError: The prefork child 0 could not boot: Error: no\n    at main (a.js:1:1)');
  });

  it('keeps a stack that begins otherwise as it is', () => {
    const error = new errors.ChildBootError('prefork child 0', 'Error: no', 'at main (a.js:1:1)');

    expect(error.stack).toMatch(/no\n\[in the child\] at main \(a\.js:1:1\)$/);
  });
});
