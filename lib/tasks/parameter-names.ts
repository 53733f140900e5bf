import { SourceTokens, type SourceToken } from './source-tokens.js';

/** One parameter as it stands in a function's source. */
export interface SourceParameter {
  /** `undefined` where it is taken apart in place (`{ id }`, `[first]`). */
  readonly name: string | undefined;
  readonly hasDefault: boolean;
  readonly isRest: boolean;
}

/**
 * The parameters of a function, read from its source; `undefined` where there is none to read: bound and built-in functions.
 * Default values may hold anything. Types, and so the `?` of an optional parameter, are gone at run time.
 */
export function readParameterNames(fn: (...args: never[]) => unknown): readonly SourceParameter[] | undefined {
  const source = Function.prototype.toString.call(fn);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) return undefined;
  const tokens = new SourceTokens(source);
  const alone = findBrackets(tokens);
  if (alone !== undefined) return alone === '' ? undefined : [{ name: alone, hasDefault: false, isRest: false }];
  return readBrackets(tokens);
}

/**
 * Goes behind the bracket that opens the parameters. Returns the name of the only parameter where it has no brackets
 * (`id => …`), `''` where neither is found.
 */
function findBrackets(tokens: SourceTokens): string | undefined {
  let previous: SourceToken | undefined;
  for (let token = tokens.next(); token; token = tokens.next()) {
    if (token.value === '(' && token.kind === 'mark' && tokens.depth === 1) return undefined; // a computed name has its brackets in brackets
    if (token.value === '=>' && token.kind === 'mark') return previous?.value ?? '';
    if (token.value === 'class' && token.kind === 'word' && previous === undefined) return '';
    previous = token;
  }
  return '';
}

function readBrackets(tokens: SourceTokens): readonly SourceParameter[] | undefined {
  const parameters: SourceParameter[] = [];
  let current: SourceToken[] = []; // of one parameter, what is deeper in brackets left out
  for (let token = tokens.next(); token; token = tokens.next()) {
    const isMark = token.kind === 'mark';
    const isEnd = isMark && token.value === ')' && tokens.depth === 0;
    if (isEnd || (isMark && token.value === ',' && tokens.depth === 1)) {
      if (current.length > 0) parameters.push(toParameter(current));
      current = [];
      if (isEnd) return parameters;
    } else if (tokens.depth === 1 || current.length === 0) {
      current.push(token);
    }
  }
  return undefined;
}

function toParameter(tokens: readonly SourceToken[]): SourceParameter {
  const isRest = tokens[0]?.value === '...';
  const first = tokens[isRest ? 1 : 0];
  const isName = first?.kind === 'word' && !first.value.includes('\\');
  return {
    name: isName ? first.value : undefined,
    hasDefault: tokens.some((token) => token.kind === 'mark' && token.value === '='),
    isRest,
  };
}
