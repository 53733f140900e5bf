import { InvalidControlMessageError } from '../errors/index.js';
import { isMap, textOf } from './json-map.js';

/** Name that Celery's applications address commands by. @source Celery `control_exchange` */
export const CONTROL_NAMESPACE = 'celery';

/** The exchange that commands go to everyone by. @source kombu/pidbox.py `exchange_fmt` */
export function mailboxExchange(namespace: string): string {
  return `${namespace}.pidbox`;
}

/** The exchange that replies come back by. @source kombu/pidbox.py `reply_exchange_fmt` */
export function replyExchange(namespace: string): string {
  return `reply.${namespace}.pidbox`;
}

/** Where a reply is wanted. */
export interface ReplyAddress {
  readonly exchange: string;
  readonly routingKey: string;
}

/** A command for some nodes, or all. */
export interface ControlRequest {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Node names; wins over the pattern. */
  readonly destination?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
  /** How the pattern is to be read: `glob` or `pcre`. */
  readonly matcher?: string | undefined;
  /** Tells replies to this request from others. */
  readonly ticket?: string | undefined;
  /** `undefined` where nobody waits for a reply. */
  readonly replyTo?: ReplyAddress | undefined;
}

/** The body of a request, in the order of kombu. @source kombu/pidbox.py `_publish` */
export function formatControlRequest(request: ControlRequest): Readonly<Record<string, unknown>> {
  const { method, destination = null, pattern = null, matcher = null, ticket, replyTo } = request;
  return {
    method,
    arguments: request.arguments,
    destination,
    pattern,
    matcher,
    ...(ticket !== undefined && { ticket }),
    ...(replyTo !== undefined && { reply_to: { exchange: replyTo.exchange, routing_key: replyTo.routingKey } }),
  };
}

/**
 * @param body decoded; what is not known of it is passed over
 * @throws {InvalidControlMessageError} naming the first field that cannot be read
 */
export function parseControlRequest(body: unknown): ControlRequest {
  if (!isMap(body)) throw new InvalidControlMessageError('', 'a map with the field "method"', body);
  const method = textOf(body['method']);
  if (method === undefined) throw new InvalidControlMessageError('method', 'the name of a command', body['method']);
  const given = body['arguments'] ?? {};
  if (!isMap(given)) throw new InvalidControlMessageError('arguments', 'a map of keyword arguments', given);
  return {
    method,
    arguments: given,
    destination: destinationOf(body['destination']),
    pattern: optionalText(body, 'pattern'),
    matcher: optionalText(body, 'matcher'),
    ticket: optionalText(body, 'ticket'),
    replyTo: replyToOf(body['reply_to']),
  };
}

/** The body of a reply. */
export function formatControlReply(node: string, value: unknown): Readonly<Record<string, unknown>> {
  return { [node]: value };
}

/**
 * @returns what each node says; mostly one does
 * @throws {InvalidControlMessageError} when it is none
 */
export function parseControlReply(body: unknown): readonly (readonly [node: string, value: unknown])[] {
  if (!isMap(body)) throw new InvalidControlMessageError('', 'a map of node names to replies', body);
  return Object.entries(body);
}

function destinationOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : [value];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) {
    throw new InvalidControlMessageError('destination', 'a list of node names', value);
  }
  return value.length === 0 ? undefined : (value as readonly string[]);
}

function optionalText(body: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw new InvalidControlMessageError(field, 'a text', value);
  return value;
}

function replyToOf(value: unknown): ReplyAddress | undefined {
  if (value === undefined || value === null) return undefined;
  const exchange = isMap(value) ? textOf(value['exchange']) : undefined;
  const routingKey = isMap(value) ? textOf(value['routing_key']) : undefined;
  if (exchange === undefined || routingKey === undefined) {
    throw new InvalidControlMessageError('reply_to', 'a map of the texts "exchange" and "routing_key"', value);
  }
  return { exchange, routingKey };
}
