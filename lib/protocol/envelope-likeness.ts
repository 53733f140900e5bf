import type { TaskHead } from './message.js';

/** An envelope in the form that nearly all have, read without being parsed. */
export interface CommonEnvelope {
  readonly head: TaskHead;
  /** In base64, unless somebody wrote it otherwise: to be looked at where it is decoded. */
  readonly body: string;
  readonly deliveryTag: string | undefined;
  readonly sentMs: number | undefined;
}

/** One kind of messages. */
interface Likeness {
  readonly head: TaskHead;
  /** Matches from the end of the body on: id, root's id, text of the arguments, correlation id, time of sending, tag. */
  readonly pattern: RegExp;
}

const MOST = 4;
/** A likeness costs more to make than a reading: only where several messages were like none is one made. */
const MAKE_EVERY = 8;
/** What needs no unescaping. */
const PLAIN = String.raw`[^"\\\u0000-\u001f]`;
const SPECIAL = /[.*+?^${}()|[\]\\/]/g;

/**
 * Messages of one task from one sender differ in nothing but their ids, the text of their arguments and times. Knows the last few kinds, and reads
 * one more of a kind by a pattern of what it has in common with them: a fifth of the cost of one with as many groups as fields.
 */
export class EnvelopeLikenesses {
  private known: readonly Likeness[] = [];
  private unlike = 0;

  /** @param end of its body. `undefined` where it is like none that is known */
  read(envelope: string, end: number, body: string): CommonEnvelope | undefined {
    for (const likeness of this.known) {
      const read = readAlike(likeness, envelope, end, body);
      if (read !== undefined) return read;
    }
    return undefined;
  }

  /** Remembers one that was read by the pattern. */
  learn(envelope: string, end: number, common: CommonEnvelope): void {
    this.unlike += 1;
    if (this.unlike % MAKE_EVERY !== 1) return;
    const likeness = likenessOf(envelope, end, common);
    if (likeness !== undefined) this.known = [likeness, ...this.known.slice(0, MOST - 1)];
  }
}

function readAlike({ head, pattern }: Likeness, text: string, end: number, body: string): CommonEnvelope | undefined {
  pattern.lastIndex = end;
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, id = '', rootId = '', argsRepr = '', correlationId = '', sent, deliveryTag] = match;
  const sentMs = sent === undefined ? undefined : Number(sent) * 1_000;
  return { head: anotherOf(head, id, rootId, argsRepr, correlationId), body, deliveryTag, sentMs };
}

/** Written out, as spreading costs as much as the reading. */
function anotherOf(one: TaskHead, id: string, rootId: string, argsRepr: string, correlationId: string): TaskHead {
  return {
    protocol: one.protocol,
    task: one.task,
    id,
    lang: one.lang,
    rootId,
    parentId: one.parentId,
    groupId: undefined,
    groupIndex: one.groupIndex,
    retries: one.retries,
    etaMs: undefined,
    expiresMs: undefined,
    timeLimitMs: one.timeLimitMs,
    softTimeLimitMs: one.softTimeLimitMs,
    shadow: one.shadow,
    origin: one.origin,
    argsRepr,
    kwargsRepr: one.kwargsRepr,
    ignoreResult: one.ignoreResult,
    replacedTaskNesting: one.replacedTaskNesting,
    stampedHeaders: undefined,
    stamps: {},
    headers: {},
    correlationId,
    replyTo: one.replyTo,
    priority: one.priority,
    exchange: one.exchange,
    routingKey: one.routingKey,
    redelivered: false,
  };
}

/** `undefined` for one that others are hardly like: of a group, with a date, or with an escape in the text of its arguments. */
function likenessOf(text: string, end: number, { head, deliveryTag, sentMs }: CommonEnvelope): Likeness | undefined {
  const { id, rootId, argsRepr, correlationId, groupId, etaMs, expiresMs } = head;
  if (rootId === undefined || argsRepr === undefined || correlationId === undefined || deliveryTag === undefined)
    return undefined;
  if (groupId !== undefined || etaMs !== undefined || expiresMs !== undefined) return undefined;
  let pattern = '';
  let at = end;
  const cut = (marker: string, value: string, group: string): boolean => {
    const valueAt = text.indexOf(marker, at) + marker.length;
    if (!text.startsWith(value, valueAt)) return false;
    pattern += text.slice(at, valueAt).replace(SPECIAL, String.raw`\$&`) + group;
    at = valueAt + value.length;
    return true;
  };
  const isCut =
    cut('"id": "', id, `(${PLAIN}+)`) &&
    cut('"root_id": "', rootId, `(${PLAIN}+)`) &&
    cut('"argsrepr": "', argsRepr, `(${PLAIN}*)`) &&
    cut('"correlation_id": "', correlationId, `(${PLAIN}+)`) &&
    (sentMs === undefined
      ? ((pattern += '()?'), true)
      : cut('"timestamp": ', String(sentMs / 1_000), String.raw`(0|[1-9]\d{0,11})`)) &&
    cut('"delivery_tag": "', deliveryTag, `(${PLAIN}+)`);
  return isCut ? { head, pattern: new RegExp(`${pattern}"}}$`, 'y') } : undefined;
}
