import { InvalidControlMessageError } from '../errors/index.js';
import type { ControlRequest } from '../protocol/index.js';

/**
 * Whether a request is for this node.
 * @throws {InvalidControlMessageError} for a matcher that is unknown, and a pattern that cannot be read
 * @source kombu/pidbox.py `handle_message`, kombu/matcher.py
 */
export function isAddressed(hostname: string, { destination, pattern, matcher }: ControlRequest): boolean {
  if (destination !== undefined) return destination.includes(hostname);
  if (pattern === undefined || matcher === undefined) return true;
  switch (matcher) {
    case 'glob':
      return fitsGlob(pattern, hostname);
    case 'pcre':
      return fitsExpression(pattern, hostname);
    default:
      throw new InvalidControlMessageError('matcher', '"glob" or "pcre"', matcher);
  }
}

/** Wildcards as in a shell, over the whole of the name: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`. @source Python fnmatch */
function fitsGlob(pattern: string, name: string): boolean {
  let expression = '';
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] as string;
    const end = character === '[' ? endOfSet(pattern, at) : -1;
    if (end > 0) {
      expression += setOf(pattern.slice(at + 1, end));
      at = end;
    } else if (character === '*') {
      while (pattern[at + 1] === '*') at += 1;
      expression += '.*';
    } else expression += character === '?' ? '.' : escape(character);
  }
  return compile(`^(?:${expression})$`, pattern).test(name);
}

/** Anchored at the start alone. @source Python re.match */
function fitsExpression(pattern: string, name: string): boolean {
  return compile(`^(?:${pattern})`, pattern).test(name);
}

function endOfSet(pattern: string, start: number): number {
  const first = pattern[start + 1] === '!' ? start + 2 : start + 1;
  return pattern.indexOf(']', first + 1); // a bracket that comes first is one of the set
}

function setOf(text: string): string {
  const isNegated = text.startsWith('!');
  const inner = (isNegated ? text.slice(1) : text).replace(/[\\\]^[]/g, String.raw`\$&`);
  return `[${isNegated ? '^' : ''}${inner}]`;
}

function escape(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|]/, String.raw`\$&`);
}

function compile(expression: string, pattern: string): RegExp {
  try {
    return new RegExp(expression, 's');
  } catch (error) {
    throw new InvalidControlMessageError('pattern', 'a pattern that can be read', pattern, { cause: error });
  }
}
