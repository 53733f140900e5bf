import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readParameterNames } from '../../../lib/tasks/parameter-names.js';

type Fn = (...args: never[]) => unknown;

/** Compiles a source as it stands, so that no build step changes it. */
function compile(source: string): Fn {
  return runInThisContext(`(${source})`) as Fn;
}

/** `a` for a name, `a=` with a default value, `...a` for a rest, `?` for none that can be read. */
function names(source: string): string | undefined {
  return readParameterNames(compile(source))
    ?.map(({ name, hasDefault, isRest }) => `${isRest ? '...' : ''}${name ?? '?'}${hasDefault ? '=' : ''}`)
    .join(' ');
}

describe('readParameterNames', () => {
  it.each([
    ['function () {}', ''],
    ['function (a, b) {}', 'a b'],
    ['function named(a,b,) {}', 'a b'],
    ['async function* named(a) {}', 'a'],
    ['() => 1', ''],
    ['(a, b) => a', 'a b'],
    ['a => a', 'a'],
    ['async a => a', 'a'],
    ['async (a) => a', 'a'],
    ['({ m(a) {} }).m', 'a'],
    ['({ async m(a) {} }).m', 'a'],
    ['({ *m(a) {} }).m', 'a'],
    ['({ async *m(a) {} }).m', 'a'],
    ['({ async(a) {} }).async', 'a'],
    ['({ get(a) {} }).get', 'a'],
    ['({ function(a) {} }).function', 'a'],
    ['({ "with (brackets)"(a) {} })["with (brackets)"]', 'a'],
    ['({ 12(a) {} })[12]', 'a'],
    ['({ ["com" + ("put" + (`e${"d"}`))](a) {} }).computed', 'a'],
    ['new (class { m(a, b) {} })().m', 'a b'],
    ['(class { static m(a) {} }).m', 'a'],
    ['new (class { #p(a) {} get p() { return this.#p; } })().p', 'a'],
  ])('finds the parameters of %s', (source, expected) => {
    expect(names(source)).toBe(expected);
  });

  it.each([
    ['(a = 1, b) => a', 'a= b'],
    ['(a = [1, 2], b = { c: 3, d: 4 }) => a', 'a= b='],
    ['(a = f(1, 2), b) => a', 'a= b'],
    ["(a = \"),\", b = '\\'),', c) => a", 'a= b= c'],
    ['(a = `),${"`" + `),${1}`}`, b) => a', 'a= b'],
    ['(a = `$${1}$`, b) => a', 'a= b'],
    ['(a = /[),\\]/]/g, b) => a', 'a= b'],
    ['(a = 4 / 2, b = a / 2, c) => a', 'a= b= c'],
    ['(a = [1][0] / 2, b = (1) / 2, c) => a', 'a= b= c'],
    ['(a = b => b / 2, c) => a', 'a= c'],
    ['(a = (b, c) => [b, c], d) => a', 'a= d'],
    ['(a = function (b, c) { if (b) /[)]/.test(c); return /,/ }, d) => a', 'a= d'],
    ['(a = class { m(b, c) { return `}${b}` } }, d) => a', 'a= d'],
    ['(a = o.return / 2, b = o.x / 3, c) => a', 'a= b= c'],
    ['(a = typeof /\\)/, b) => a', 'a= b'],
    ['(a = 1 == 2, b = a === 3, c = a => 1) => a', 'a= b= c='],
  ])('is not misled by the default values of %s', (source, expected) => {
    expect(names(source)).toBe(expected);
  });

  it.each([
    ['(a /* , b) */, // c)\n d) => a', 'a d'],
    ['/* ( */ function /* ( */ (/* a */) {}', ''],
    ['(/**/a/**/=/**/1/**/,b) => a', 'a= b'],
  ])('skips comments in %s', (source, expected) => {
    expect(names(source)).toBe(expected);
  });

  it.each([
    ['({ a, b: [c] }, [d, e], f) => a', '? ? f'],
    ['({ a = [1, 2] } = {}, f) => a', '?= f'],
    ['(a, ...rest) => a', 'a ...rest'],
    ['(...{ length }) => 1', '...?'],
  ])('names no parameter that is taken apart in %s', (source, expected) => {
    expect(names(source)).toBe(expected);
  });

  it.each([
    ['(größe, $a, _b, 名前) => 1', 'größe $a _b 名前'],
    ['(\\u0061b) => 1', '?'],
  ])('reads any identifier of %s', (source, expected) => {
    expect(names(source)).toBe(expected);
  });

  it('reads minified code', () => {
    expect(names('({async sendInvoice(e,t=`)`,{r:n}={},...i){return e}}).sendInvoice')).toBe('e t= ?= ...i');
  });

  it('reads nothing of bound and built-in functions and of classes', () => {
    expect(readParameterNames(((a: number) => a).bind(null))).toBeUndefined();
    expect(readParameterNames(Math.max)).toBeUndefined();
    expect(names('class { constructor(a) {} }')).toBeUndefined();
  });

  it('takes "[native code]" in a text for what it is', () => {
    expect(names('(a = "{ [native code] }") => { "[native code]" }')).toBe('a=');
  });
});
