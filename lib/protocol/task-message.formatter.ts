import { EncodeError } from '../errors/index.js';
import { quoteJson } from '../json/index.js';
import { formatIso } from '../time/index.js';
import type { Destination, OutgoingMessage } from './message.js';
import { isSendersHeader } from './task-headers.js';

/** What a new task message says besides its body. Times are epoch milliseconds, durations milliseconds; what is left out is `null` or empty on the wire. */
export interface NewTaskMessage extends Destination {
  readonly task: string;
  readonly id: string;
  /** @defaultValue the id */
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly groupIndex?: number | undefined;
  readonly retries?: number | undefined;
  readonly etaMs?: number | undefined;
  readonly expiresMs?: number | undefined;
  readonly timeLimitMs?: number | undefined;
  readonly softTimeLimitMs?: number | undefined;
  readonly shadow?: string | undefined;
  readonly argsRepr: string;
  readonly kwargsRepr: string;
  /** `gen<pid>@<host>` of a client, the node name of a worker. */
  readonly origin: string;
  /** `undefined` leaves it to the task's own word. */
  readonly ignoreResult?: boolean | undefined;
  readonly replacedTaskNesting?: number | undefined;
  readonly stampedHeaders?: readonly string[] | undefined;
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
  /** The sender's own, beside Celery's. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** @defaultValue the id */
  readonly correlationId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** @defaultValue 2, persistent */
  readonly deliveryMode?: 1 | 2 | undefined;
  /** As on the wire of the broker it is for. @defaultValue 0 */
  readonly priority?: number | undefined;
  /** Time to live, where the sender set `expires`. */
  readonly expirationMs?: number | undefined;
  readonly sentMs?: number | undefined;
}

/** A body as its serializer wrote it. */
export interface EncodedBody {
  readonly body: string | Uint8Array;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Content type of the compression, such as `application/x-gzip`. */
  readonly compression?: string | undefined;
}

/** Headers that are written but for what differs from one message to the next. */
export interface PreparedHeaders {
  /** What `formatHeaders` would write; `undefined` where it has to. */
  write(message: NewTaskMessage, content: EncodedBody, encode: (value: unknown) => string): string | undefined;
}

/**
 * A task message of protocol 2, as Celery's newest writes it, field for field.
 * @param encode JSON text of a header's or stamp's value, large integers and dates included
 * @param template of messages of this task, where there is one: changes the time that it takes, and nothing else
 * @throws {EncodeError} when a header cannot be written, or bears a name that is Celery's
 * @source celery/app/amqp.py `as_task_v2`
 */
export function formatTaskMessage(
  message: NewTaskMessage,
  content: EncodedBody,
  encode: (value: unknown) => string,
  template?: PreparedHeaders,
): OutgoingMessage {
  return {
    id: message.id,
    task: message.task,
    headers: template?.write(message, content, encode) ?? formatHeaders(message, content, encode),
    body: content.body,
    contentType: content.contentType,
    contentEncoding: content.contentEncoding,
    correlationId: message.correlationId ?? message.id,
    replyTo: message.replyTo ?? '',
    deliveryMode: message.deliveryMode ?? 2,
    priority: message.priority ?? 0,
    expiration: message.expirationMs === undefined ? undefined : String(Math.max(0, Math.trunc(message.expirationMs))),
    etaMs: message.etaMs,
    sentMs: message.sentMs,
    queue: message.queue,
    exchange: message.exchange,
    routingKey: message.routingKey,
  };
}

/** JSON text of the headers. */
export function formatHeaders(
  message: NewTaskMessage,
  { compression }: Pick<EncodedBody, 'compression'>,
  encode: (value: unknown) => string,
): string {
  const id = quoteJson(message.id);
  const { rootId, stamps, stampedHeaders, headers } = message;
  return (
    `{"lang": "js", "task": ${quoteJson(message.task)}, "id": ${id}, "shadow": ${textOrNull(message.shadow)}, ` +
    `"eta": ${dateOrNull(message.etaMs)}, "expires": ${dateOrNull(message.expiresMs)}, "group": ${textOrNull(message.groupId)}, ` +
    `"group_index": ${message.groupIndex ?? null}, "retries": ${message.retries ?? 0}, ` +
    `"timelimit": [${secondsOrNull(message.timeLimitMs)}, ${secondsOrNull(message.softTimeLimitMs)}], ` +
    `"root_id": ${rootId === undefined ? id : quoteJson(rootId)}, "parent_id": ${textOrNull(message.parentId)}, ` +
    `"argsrepr": ${quoteJson(message.argsRepr)}, "kwargsrepr": ${quoteJson(message.kwargsRepr)}, "origin": ${quoteJson(message.origin)}, ` +
    `"ignore_result": ${message.ignoreResult ?? null}, "replaced_task_nesting": ${message.replacedTaskNesting ?? 0}, ` +
    `"stamped_headers": ${stampedHeaders === undefined ? 'null' : encode(stampedHeaders)}, ` +
    `"stamps": ${stamps === undefined ? '{}' : encode(stamps)}${headers === undefined ? '' : formatOwn(headers, encode)}` +
    `${compression === undefined ? '' : `, "compression": ${quoteJson(compression)}`}}`
  );
}

/** Members of the headers that are the sender's own. */
export function formatOwn(headers: Readonly<Record<string, unknown>>, encode: (value: unknown) => string): string {
  let text = '';
  for (const name of Object.keys(headers)) {
    if (!isSendersHeader(name)) {
      throw new EncodeError(
        `Cannot send a header "${name}": the name is one of Celery's own. Choose another, such as "x-${name}".`,
        name,
      );
    }
    if (headers[name] !== undefined) text += `, ${quoteJson(name)}: ${encode(headers[name])}`;
  }
  return text;
}

function textOrNull(text: string | undefined): string {
  return text === undefined ? 'null' : quoteJson(text);
}

function dateOrNull(ms: number | undefined): string {
  return ms === undefined ? 'null' : `"${formatIso(ms)}"`;
}

function secondsOrNull(ms: number | undefined): string {
  return ms === undefined ? 'null' : String(ms / 1_000);
}
