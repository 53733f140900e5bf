/** `    at Class.method (file:///app/x.js:12:7)`, or without a name. */
const FRAME = /^\s*at (?:(?:async )?(.+?) \((.+?)(?::(\d+)(?::(\d+))?)?\)|(?:async )?(.+?):(\d+)(?::(\d+))?)$/;
const CAUSE_OF = '\nThe above exception was the direct cause of the following exception:\n\n';
const MAX_CAUSES = 10;
const MAX_MESSAGE = 10_000;
const MAX_FRAMES = 100;

/**
 * The stack of an error and of its causes in the form Python gives its own: the most recent call last, the cause before its
 * effect. Celery clients show it and, with `task_remote_tracebacks`, parse it; the line V8 wrote stands below each frame, so nothing is lost.
 * Never throws.
 */
export function formatTraceback(error: Error, describe: (error: unknown) => string): string {
  const chain: unknown[] = [error];
  let cause = causeOf(error);
  while (cause !== undefined && chain.length < MAX_CAUSES && !chain.includes(cause)) {
    chain.push(cause);
    cause = causeOf(cause);
  }
  return chain
    .reverse()
    .map((each) => formatOne(each, describe))
    .join(CAUSE_OF);
}

/**
 * What `formatTraceback` wrote as a stack in JavaScript's own order, for a log: without the error's message, which stands before it there. Empty where it
 * holds no frames of JavaScript, such as a Python worker's.
 */
export function stackOfTraceback(traceback: string): string {
  const [error, ...causes] = traceback.split(CAUSE_OF).reverse().map(readOne);
  const told = causes.map(({ message, frames }) => `\nCaused by: ${message}${frames}`);
  return `${error?.frames ?? ''}${told.join('')}`;
}

function readOne(traceback: string): { readonly message: string; readonly frames: string } {
  const lines = traceback.trimEnd().split('\n');
  const frames: string[] = [];
  let at = 1;
  for (; lines[at]?.startsWith('  File "'); at++) {
    const written = lines[at + 1];
    if (written?.startsWith('    at ')) {
      frames.unshift(`\n${written}`);
      at++;
    }
  }
  return { message: lines.slice(at).join('\n'), frames: frames.join('') };
}

/** The same for what has no stack. */
export function formatTracebackOf(line: string): string {
  return `Traceback (most recent call last):\n  File "<javascript>", line 1, in <unknown>\n${line}\n`;
}

function formatOne(error: unknown, describe: (error: unknown) => string): string {
  const frames = framesOf(error);
  const line = `${cutMessage(describe(error))}${formatMembers(error, describe)}`;
  return frames.length === 0
    ? formatTracebackOf(line)
    : `Traceback (most recent call last):\n${frames.join('')}${line}\n`;
}

function framesOf(error: unknown): string[] {
  const stack = read(error, 'stack');
  if (typeof stack !== 'string') return [];
  const frames: string[] = [];
  const message = read(error, 'message');
  const start = typeof message === 'string' ? Math.max(0, stack.indexOf(message)) + message.length : 0; // its lines may look like frames
  for (const line of stack.slice(start).split('\n')) {
    const match = frames.length < MAX_FRAMES && line.length < 1_000 ? FRAME.exec(line) : null;
    if (match === null) continue;
    const [, name, named, namedLine, , bare, bareLine] = match;
    frames.push(
      `  File "${named ?? bare}", line ${namedLine ?? bareLine ?? 1}, in ${name ?? '<anonymous>'}\n    ${line.trim()}\n`,
    );
  }
  return frames.reverse();
}

/** The errors an `AggregateError` holds, one line each. */
function formatMembers(error: unknown, describe: (error: unknown) => string): string {
  const errors = read(error, 'errors');
  if (!Array.isArray(errors)) return '';
  const lines = errors.slice(0, MAX_CAUSES).map((each, index) => `\n  [${index}] ${cutMessage(describe(each))}`);
  return lines.join('') + (errors.length > MAX_CAUSES ? `\n  … and ${errors.length - MAX_CAUSES} more` : '');
}

function causeOf(error: unknown): unknown {
  return read(error, 'cause') ?? undefined;
}

function read(error: unknown, property: string): unknown {
  try {
    return typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[property] : undefined;
  } catch {
    return undefined;
  }
}

function cutMessage(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
}
