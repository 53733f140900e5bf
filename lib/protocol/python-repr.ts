import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';

/** Longest text, but for closing brackets. @source Celery `argsrepr_maxsize` */
const MAX_SIZE = 1_024;
/** Levels below which only brackets are shown. @source celery/utils/saferepr.py `maxlevels` */
const MAX_LEVELS = 3;

/**
 * Positional arguments as Python would show them, such as `(2, 'two')`, for logs and events: never to be parsed. Never throws, and does
 * little work on huge values.
 * @source celery/utils/saferepr.py
 */
export function argsRepr(args: readonly unknown[]): string {
  if (args.length === 0) return '()';
  return new ReprWriter().list('(', args, args.length === 1 ? ',)' : ')', 1);
}

/** Keyword arguments as Python would show them, such as `{'a': 1}`. */
export function kwargsRepr(kwargs: Readonly<Record<string, unknown>>): string {
  for (const _key in kwargs) return new ReprWriter().dict(kwargs, 1);
  return '{}';
}

/** One value as Python would show it. */
export function pythonRepr(value: unknown): string {
  return new ReprWriter().value(value, 0);
}

class ReprWriter {
  private room = MAX_SIZE;
  private open: Set<object> | undefined;

  value(value: unknown, level: number): string {
    const text = this.unbounded(value, level);
    this.room -= typeof value === 'object' && value !== null ? 0 : text.length; // those inside have been counted
    return text;
  }

  list(start: string, values: Iterable<unknown>, end: string, level: number): string {
    return this.members(start, values, end, (each) => this.value(each, level));
  }

  dict(map: object, level: number): string {
    const members = (): Iterable<string> => ownKeys(map);
    return this.members('{', members(), '}', (key) => {
      const name = this.value(key, level);
      return `${name}: ${this.value((map as Record<string, unknown>)[key], level)}`;
    });
  }

  private members<T>(start: string, members: Iterable<T>, end: string, write: (member: T) => string): string {
    let text = start;
    for (const member of members) {
      if (text !== start) text += ', ';
      this.room -= 2; // what is left of nested values, brackets alone, counts too
      if (this.room <= 0) return `${text}...${end.replace(',', '')}`;
      text += this.guarded(() => write(member));
    }
    return text + end;
  }

  private unbounded(value: unknown, level: number): string {
    switch (typeof value) {
      case 'string':
        return quotePython(value, this.room);
      case 'number':
        return pythonNumber(value);
      case 'bigint':
        return cut(value.toString(), this.room);
      case 'boolean':
        return value ? 'True' : 'False';
      case 'undefined':
        return 'None';
      case 'object':
        return value === null ? 'None' : this.guarded(() => this.object(value, level));
      case 'function':
        return `<function ${cut(value.name || 'anonymous', 100)}>`;
      default:
        return cut(String(value), 100);
    }
  }

  private object(value: object, level: number): string {
    const leaf = leafRepr(value, this.room);
    if (leaf !== undefined) {
      this.room -= leaf.length;
      return leaf;
    }
    const [start, end] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    const open = (this.open ??= new Set());
    if (level >= MAX_LEVELS || open.has(value)) {
      this.room -= 5;
      return `${start}...${end}`;
    }
    open.add(value);
    try {
      if (Array.isArray(value) || types.isSet(value)) return this.list(start, value, end, level + 1);
      return this.dict(types.isMap(value) ? Object.fromEntries(value) : value, level + 1);
    } finally {
      open.delete(value);
    }
  }

  /** A value whose getters or traps throw still has to be shown somehow. */
  private guarded(write: () => string): string {
    try {
      return write();
    } catch {
      return '<unrepresentable>';
    }
  }
}

function* ownKeys(map: object): Iterable<string> {
  for (const key in map) if (Object.hasOwn(map, key)) yield key; // lazily: `Object.keys` of a huge map is work enough
}

/** What is shown as one word: typed values, dates, bytes. */
function leafRepr(value: object, room: number): string | undefined {
  const { toPython } = value as { toPython?: unknown };
  if (typeof toPython === 'function') return cut(String(toPython.call(value)), room);
  if (types.isDate(value)) return dateRepr(value);
  if (types.isUint8Array(value)) return bytesRepr(value, room);
  if (value instanceof URL) return quotePython(value.href, room);
  return undefined;
}

function dateRepr(date: Date): string {
  if (Number.isNaN(date.getTime())) return '<invalid date>';
  const numbers = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
  ];
  const micros = date.getUTCMilliseconds() * 1_000;
  if (date.getUTCSeconds() !== 0 || micros !== 0) numbers.push(date.getUTCSeconds());
  if (micros !== 0) numbers.push(micros);
  return `datetime.datetime(${numbers.join(', ')}, tzinfo=datetime.timezone.utc)`;
}

/** Bytes that are no text are shown in hexadecimal, as Celery does. */
function bytesRepr(bytes: Uint8Array, room: number): string {
  const few = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, Math.max(0, room)));
  return isUtf8(few) ? `b${quotePython(few.toString('utf8'), room)}` : cut(`b'${few.toString('hex')}'`, room);
}

function pythonNumber(value: number): string {
  if (Number.isFinite(value)) return String(value).replace(/e([+-])(\d)$/, 'e$10$2'); // two digits at least
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

// Control characters, lone surrogates and invisible ones are escaped, all others shown.
// oxlint-disable-next-line no-control-regex
const ESCAPED = /[\\\u0000-\u001f\u007f-\u00a0\u00ad\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/gu;
const NAMED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Shown as it is: printable ASCII but the apostrophe and the backslash. */
const VERBATIM = /^[ -&(-[\]-~]*$/;

function quotePython(text: string, room: number): string {
  if (text.length <= room && VERBATIM.test(text)) return `'${text}'`;
  const shown = text.length > room ? `${text.slice(0, Math.max(0, room))}...` : text;
  const quote = shown.includes("'") && !shown.includes('"') ? '"' : "'";
  const escaped = shown.replace(ESCAPED, (character) => NAMED[character] ?? escapeCode(character.charCodeAt(0)));
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

function escapeCode(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(0, room))}...` : text;
}
