import { randomUUID } from 'node:crypto';
import { quoteJson } from '../json/index.js';
import {
  formatHeaders,
  formatOwn,
  type EncodedBody,
  type NewTaskMessage,
  type PreparedHeaders,
} from './task-message.formatter.js';

/** Stand where a message's own texts will; random, so that nothing else can look like one. */
const [ID, ROOT, PARENT, ARGS, KWARGS] = Array.from({ length: 5 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
  string,
];

/**
 * The headers of one task's messages, written beforehand but for what each message has of its own: ids, arguments as they are shown, the
 * sender's headers. Made by the very formatter whose work it saves, so that the two cannot differ.
 */
export class TaskHeadersTemplate implements PreparedHeaders {
  /** The text between what is filled in. */
  private readonly parts: readonly string[];

  constructor(private readonly common: Pick<NewTaskMessage, 'task' | 'origin' | 'ignoreResult'>) {
    const marked = { ...common, id: ID, rootId: ROOT, parentId: PARENT, argsRepr: ARGS, kwargsRepr: KWARGS };
    const text = formatHeaders({ ...marked, queue: '', exchange: '', routingKey: '' }, {}, String).slice(0, -1);
    this.parts = [ID, ROOT, PARENT, ARGS, KWARGS].reduce<readonly string[]>(
      (parts, mark) => [...parts.slice(0, -1), ...(parts.at(-1) ?? '').split(quoteJson(mark))],
      [text],
    );
  }

  /** `undefined` for a message that says more, which takes the formatter. */
  write(message: NewTaskMessage, content: EncodedBody, encode: (value: unknown) => string): string | undefined {
    if (!this.fits(message) || content.compression !== undefined) return undefined;
    const { rootId, parentId, headers } = message;
    const [start, afterId, afterRoot, afterParent, afterArgs, end] = this.parts;
    const id = quoteJson(message.id);
    return (
      `${start}${id}${afterId}${rootId === undefined ? id : quoteJson(rootId)}` +
      `${afterRoot}${parentId === undefined ? 'null' : quoteJson(parentId)}${afterParent}${quoteJson(message.argsRepr)}` +
      `${afterArgs}${quoteJson(message.kwargsRepr)}${end}${headers === undefined ? '' : formatOwn(headers, encode)}}`
    );
  }

  private fits(message: NewTaskMessage): boolean {
    const { task, origin, ignoreResult } = this.common;
    return (
      message.task === task &&
      message.origin === origin &&
      message.ignoreResult === ignoreResult &&
      message.etaMs === undefined &&
      message.expiresMs === undefined &&
      message.shadow === undefined &&
      message.groupId === undefined &&
      message.groupIndex === undefined &&
      message.retries === undefined &&
      message.timeLimitMs === undefined &&
      message.softTimeLimitMs === undefined &&
      message.replacedTaskNesting === undefined &&
      message.stampedHeaders === undefined &&
      message.stamps === undefined
    );
  }
}
