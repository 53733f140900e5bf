import { endOfString } from './depth.js';

/** One member of an object, by its place in the text. */
interface Member {
  readonly key: string;
  readonly keyAt: number;
  readonly valueAt: number;
  readonly valueEnd: number;
}

const SPACE = /[ \t\n\r]*/y;

/**
 * Text of each member's value of an object, as written; of a repeated key the last.
 * @throws {SyntaxError} when the text is not one JSON object
 */
export function readMembers(objectText: string): Map<string, string> {
  return new Map(scan(objectText).map(({ key, valueAt, valueEnd }) => [key, objectText.slice(valueAt, valueEnd)]));
}

/**
 * Sets members of an object by their JSON text, removes those given as `undefined`, and keeps every other character as it is, so that
 * nothing is rounded or reordered. New members go to the end.
 * @throws {SyntaxError} when the text is not one JSON object
 */
export function editMembers(objectText: string, edits: Readonly<Record<string, string | undefined>>): string {
  const members = scan(objectText);
  const missing = new Set(Object.keys(edits));
  const parts: string[] = [];
  for (const { key, keyAt, valueAt, valueEnd } of members) {
    if (!Object.hasOwn(edits, key)) parts.push(objectText.slice(keyAt, valueEnd));
    else if (edits[key] !== undefined) parts.push(objectText.slice(keyAt, valueAt) + edits[key]);
    missing.delete(key);
  }
  for (const key of missing) {
    if (edits[key] !== undefined) parts.push(`${JSON.stringify(key)}: ${edits[key]}`);
  }
  return `{${parts.join(', ')}}`;
}

function scan(text: string): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, 0);
  at = skipSpace(text, expect(text, at, '{'));
  while (text[at] !== '}') {
    if (members.length > 0) at = skipSpace(text, expect(text, at, ','));
    const keyAt = at;
    at = skipString(text, at);
    const key = JSON.parse(text.slice(keyAt, at)) as string;
    const valueAt = skipSpace(text, expect(text, skipSpace(text, at), ':'));
    const valueEnd = skipValue(text, valueAt);
    members.push({ key, keyAt, valueAt, valueEnd });
    at = skipSpace(text, valueEnd);
  }
  if (skipSpace(text, at + 1) < text.length) fail('unexpected text after the object', at + 1);
  return members;
}

/** End of the value that begins at `start`. Looks at brackets and strings only: the values themselves are not checked. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    switch (text[at]) {
      case '"':
        at = skipString(text, at) - 1;
        break;
      case '[':
      case '{':
        depth += 1;
        break;
      case ']':
      case '}':
        if (depth === 0) return endOfScalar(text, start, at);
        depth -= 1;
        break;
      case ',':
        if (depth === 0) return endOfScalar(text, start, at);
        break;
      default:
    }
  }
  return fail('value without an end', start);
}

function endOfScalar(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && ' \t\n\r'.includes(text[last - 1] as string)) last -= 1;
  return last > start ? last : fail('expected a value', start);
}

function skipString(text: string, at: number): number {
  if (text[at] !== '"') fail('expected a string', at);
  const end = endOfString(text, at);
  return end < 0 ? fail('string without an end', at) : end + 1;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

function expect(text: string, at: number, character: string): number {
  return text[at] === character ? at + 1 : fail(`expected "${character}"`, at);
}

function fail(problem: string, at: number): never {
  throw new SyntaxError(`Invalid JSON: ${problem} at position ${at}`);
}
