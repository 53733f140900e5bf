import { InvalidTaskMessage } from '../errors/index.js';
import { isMap } from './json-map.js';
import type { ReceivedMessage, SignatureMap, TaskBody } from './message.js';
import { parseSignature, parseSignatures } from './signature-map.js';

const NOTHING_FOLLOWS = '{"callbacks": null, "errbacks": null, "chain": null, "chord": null}';

/** The body of a protocol 2 message, as the value to be serialized. @source celery/app/amqp.py `as_task_v2` */
export function formatBody(body: TaskBody): readonly unknown[] {
  return [body.args, body.kwargs, formatEmbed(body)];
}

/** What follows from a task's outcome, in wire form. */
export function formatEmbed({
  callbacks,
  errbacks,
  chain,
  chord,
}: Omit<TaskBody, 'args' | 'kwargs'>): Readonly<Record<string, unknown>> {
  return { callbacks: orNull(callbacks), errbacks: orNull(errbacks), chain: orNull(chain), chord: chord ?? null };
}

/** The same from parts that are JSON text already. */
export function formatBodyJson(argsJson: string, kwargsJson: string, embedJson = NOTHING_FOLLOWS): string {
  return `[${argsJson}, ${kwargsJson}, ${embedJson}]`;
}

/** The end of a body without keyword arguments, after which nothing follows. */
const PLAIN_END = `, {}, ${NOTHING_FOLLOWS}]`;
const NONE: readonly SignatureMap[] = Object.freeze([]);

/** Whether JSON text looks like a body of positional arguments alone. Where the text between is JSON, it is one. */
export function isPlainBody(json: string): boolean {
  return json.startsWith('[') && json.endsWith(PLAIN_END);
}

/** Whether anything may follow from the end of a task: nothing does where its body says so as all writers do. */
export function isFollowed(message: Pick<ReceivedMessage, 'body'>): boolean {
  try {
    const { body } = message;
    return typeof body !== 'string' || !body.endsWith(`${NOTHING_FOLLOWS}]`);
  } catch {
    return false; // it cannot be read, and nobody can say what would follow
  }
}

export function argsJsonOf(plainBody: string): string {
  return plainBody.slice(1, -PLAIN_END.length);
}

export function plainBodyOf(args: readonly unknown[]): TaskBody {
  return { args, kwargs: {}, callbacks: NONE, errbacks: NONE, chain: NONE, chord: undefined };
}

/**
 * Reads a decoded body: the list of protocol 2, or the map of protocol 1.
 * @throws {InvalidTaskMessage} naming the part that cannot be used
 */
export function parseBody(value: unknown): TaskBody {
  if (isMap(value) && ('args' in value || 'task' in value))
    return bodyOf(value['args'] ?? [], value['kwargs'] ?? {}, value);
  if (!Array.isArray(value) || value.length < 2) {
    throw new InvalidTaskMessage('body', 'a list of args, kwargs and embed', value);
  }
  const [args, kwargs, embed] = value as readonly unknown[];
  if (embed !== undefined && embed !== null && !isMap(embed)) throw new InvalidTaskMessage('embed', 'a map', embed);
  return bodyOf(args ?? [], kwargs ?? {}, embed ?? {});
}

function bodyOf(args: unknown, kwargs: unknown, embed: Readonly<Record<string, unknown>>): TaskBody {
  if (!Array.isArray(args)) throw new InvalidTaskMessage('args', 'a list', args);
  if (!isMap(kwargs)) throw new InvalidTaskMessage('kwargs', 'a map', kwargs);
  const chord = embed['chord'] ?? undefined;
  return {
    args,
    kwargs,
    callbacks: parseSignatures(embed['callbacks'], 'callbacks'),
    errbacks: parseSignatures(embed['errbacks'], 'errbacks'),
    chain: parseSignatures(embed['chain'], 'chain'),
    chord: chord === undefined ? undefined : parseSignature(chord, 'chord'),
  };
}

function orNull<T>(signatures: readonly T[]): readonly T[] | null {
  return signatures.length === 0 ? null : signatures;
}
