import { DecodeError } from '../errors/index.js';
import { quoteJson } from '../json/index.js';

/** The end of one header member of a chord, as its store keeps it. */
export interface ChordPartText {
  readonly taskId: string;
  readonly state: string;
  /** JSON text. */
  readonly result: string;
}

/** `[1, id, state, result]`, whoever wrote it. */
const PART = /^\s*\[\s*\d+\s*,\s*("(?:[^"\\]|\\.)*")\s*,\s*("(?:[^"\\]|\\.)*")\s*,\s*([^]*?)\s*\]\s*$/;

/** What stands around the id of one that succeeded, as Python and this library write it. */
const BEGINNING = '[1, "';
const SUCCESS = '", "SUCCESS", ';

/** A part of a chord as JSON text, spaced as Python does. @source celery/backends/redis.py `on_chord_part_return` */
export function formatChordPart({ taskId, state, result }: ChordPartText): string {
  return `[1, ${quoteJson(taskId)}, ${quoteJson(state)}, ${result}]`;
}

/**
 * Reads a part without reading its result.
 * @throws {DecodeError} when it is none
 */
export function parseChordPart(text: string): ChordPartText {
  return parseSuccess(text) ?? parseAny(text);
}

/** A tenth of the cost of the pattern: a wide chord has very many. `undefined` for one that is written otherwise. */
function parseSuccess(text: string): ChordPartText | undefined {
  const end = text.indexOf('"', BEGINNING.length);
  if (!text.startsWith(BEGINNING) || !text.startsWith(SUCCESS, end) || !text.endsWith(']')) return undefined;
  const taskId = text.slice(BEGINNING.length, end);
  const result = text.slice(end + SUCCESS.length, -1);
  if (taskId.includes('\\') || result === '' || result.trim() !== result) return undefined;
  return { taskId, state: 'SUCCESS', result };
}

function parseAny(text: string): ChordPartText {
  const [, taskId = '', state = '', result = ''] = PART.exec(text) ?? [];
  if (result === '') throw new DecodeError(`Expected a part of a chord, [1, id, state, result], got ${quote(text)}.`);
  return { taskId: JSON.parse(taskId) as string, state: JSON.parse(state) as string, result };
}

function quote(text: string): string {
  return quoteJson(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
