/** What a piece of a pattern stands for. */
type Piece = 'anything' | 'word' | 'ending' | { readonly character: string };

/**
 * What kombu makes of the wildcards of a topic: `#`, `*` in 5.3 and later, and `*` before that, which spans several words as long as it
 * ends with a character of one.
 */
const WILDCARDS: readonly (readonly [text: string, piece: Piece])[] = [
  ['.*?[^\\.]', 'ending'],
  ['[^\\.]+', 'word'],
  ['.*?', 'anything'],
];

/** With a meaning of their own, unless a backslash stands before them. */
const SPECIAL = '.*+?[](){}|^$\\';

/**
 * Whether the pattern that kombu stored with a binding fits a routing key, so that a message goes where a Python program would send it. Not
 * as a regular expression: one of several `#` could take for ever. What kombu does not write fits nothing.
 * @source kombu/transport/virtual/exchange.py `TopicExchange`
 */
export function fitsPattern(pattern: string, routingKey: string): boolean {
  const pieces = readPattern(pattern);
  if (pieces === undefined) return false;
  const characters = routingKey.split('');
  let ends: readonly boolean[] = [true, ...characters.map(() => false)]; // by how much of the key the pattern so far may fit
  for (const piece of pieces) ends = advance(ends, piece, characters);
  return ends.at(-1) === true;
}

function advance(ends: readonly boolean[], piece: Piece, characters: readonly string[]): readonly boolean[] {
  if (piece === 'anything' || piece === 'ending') {
    const first = ends.indexOf(true);
    const goesOn = ends.map((_, count) => first >= 0 && count >= first);
    if (piece === 'anything') return goesOn;
    return goesOn.map((_, count) => goesOn[count - 1] === true && characters[count - 1] !== '.');
  }
  if (piece !== 'word') {
    return ends.map((_, count) => ends[count - 1] === true && characters[count - 1] === piece.character);
  }
  let isInWord = false;
  return ends.map((_, count) => {
    isInWord = (isInWord || ends[count - 1] === true) && characters[count - 1] !== '.';
    return isInWord;
  });
}

/** `undefined` for what kombu does not write. */
function readPattern(pattern: string): readonly Piece[] | undefined {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return undefined;
  const text = pattern.slice(1, -1);
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const wildcard = WILDCARDS.find(([written]) => text.startsWith(written, at));
    if (wildcard !== undefined) {
      pieces.push(wildcard[1]);
      at += wildcard[0].length;
      continue;
    }
    const isEscaped = text[at] === '\\';
    if (isEscaped) at += 1;
    const character = text[at++] ?? '';
    if (character === '' || (!isEscaped && SPECIAL.includes(character))) return undefined;
    pieces.push({ character });
  }
  return pieces;
}
