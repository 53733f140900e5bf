/** A piece of JavaScript source. White space and comments are left out. */
export interface SourceToken {
  /** `word` also stands for numbers and private names, `text` for strings, templates and regular expressions as a whole. */
  readonly kind: 'word' | 'mark' | 'text';
  readonly value: string;
}

const SPACE = /(?:\s|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)+/y;
const WORD = /(?:[\p{ID_Continue}$#\u200c\u200d]|\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]+\}))+/uy;
const STRING = /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y;
const REGEXP = /\/(?:[^/\\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+\/\w*/y;
const MARK = /\.\.\.|\?\.(?!\d)|=>|===?|!==?|[<>]=|\?\?=?|\|\|=?|&&=?|\+\+|--|[^]/y;
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[^]|\$(?!\{))*/y;

/** Words after which a slash starts a regular expression; after any other it divides. */
const BEFORE_VALUE = new Set(
  'return typeof instanceof in of new delete void throw case do else await yield extends default'.split(' '),
);
/** Words whose brackets are followed by a statement, which may start with a regular expression. */
const BEFORE_BRACKETS = new Set(['if', 'while', 'for', 'with']);
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
/** Marks after which no value can follow. */
const AFTER_VALUE = new Set(['++', '--', '.', '?.']);

interface OpenBracket {
  readonly mark: string;
  /** Whether a slash right after it is closed starts a regular expression. */
  readonly valueFollows: boolean;
}

/**
 * Cuts the source of a function into tokens, well enough to find its parameters: strings, templates, regular expressions and
 * comments hide the brackets and commas in them.
 */
export class SourceTokens {
  private valueFollows = true; // whether a slash here starts a regular expression
  private last = '';
  private readonly open: OpenBracket[] = [];
  /** Brackets opened and not closed yet; less than zero behind one that was opened before the first token. */
  depth = 0;

  constructor(
    private readonly source: string,
    private at = 0,
  ) {}

  /** The next token; `undefined` at the end, and where the source is none that can be read. */
  next(): SourceToken | undefined {
    this.read(SPACE);
    if (this.at >= this.source.length) return undefined;
    const word = this.read(WORD);
    if (word !== undefined) {
      this.valueFollows = BEFORE_VALUE.has(word) && !AFTER_VALUE.has(this.last);
      this.last = word;
      return { kind: 'word', value: word };
    }
    const text = this.readText();
    if (text !== undefined) {
      this.valueFollows = false;
      this.last = '';
      return { kind: 'text', value: text };
    }
    return this.readMark();
  }

  private readText(): string | undefined {
    if (this.source[this.at] === '`') return this.readTemplate();
    return this.read(STRING) ?? (this.valueFollows ? this.read(REGEXP) : undefined);
  }

  private readMark(): SourceToken | undefined {
    const mark = this.read(MARK) ?? '';
    if (mark === '(' || mark === '[' || mark === '{') {
      const isBlock = mark === '{' ? !this.valueFollows : BEFORE_BRACKETS.has(this.last);
      this.open.push({ mark, valueFollows: isBlock });
      this.depth += 1;
      this.valueFollows = true;
    } else if (mark in OPENING) {
      const opened = this.open.pop();
      this.depth -= 1;
      if (opened && opened.mark !== OPENING[mark]) return this.stop();
      this.valueFollows = opened?.valueFollows ?? false;
    } else {
      this.valueFollows = !AFTER_VALUE.has(mark);
    }
    this.last = mark;
    return { kind: 'mark', value: mark };
  }

  /** A template with everything in its `${…}`, which may hold templates again. */
  private readTemplate(): string | undefined {
    const start = this.at;
    this.at += 1;
    for (;;) {
      this.read(TEMPLATE_TEXT);
      if (this.source[this.at] === '`') {
        this.at += 1;
        return this.source.slice(start, this.at);
      }
      if (this.source[this.at] !== '$') return this.stop();
      const inner = new SourceTokens(this.source, this.at + 2);
      if (!inner.skipToClosing()) return this.stop();
      this.at = inner.at;
    }
  }

  /** Goes behind the bracket that closes what was open before the first token. */
  private skipToClosing(): boolean {
    for (let token = this.next(); token; token = this.next()) {
      if (token.kind === 'mark' && this.depth < 0) return true;
    }
    return false;
  }

  private read(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private stop(): undefined {
    this.at = this.source.length;
    return undefined;
  }
}
