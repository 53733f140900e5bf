import type { ControlledNode } from './controlled-node.interface.js';

export type CommandArguments = Readonly<Record<string, unknown>>;

/** One command that a node obeys. */
export interface ObeyedCommand {
  readonly name: string;
  /** A name that older tools know it by. */
  readonly alias?: string;
  /** Keyword arguments without which it cannot be, and those it knows besides. */
  readonly required?: readonly string[];
  readonly optional?: readonly string[];
  /** Refuses arguments that it does not know; others pass over them, as Celery's do. */
  readonly isStrict?: boolean;
  /** Its reply; what it throws is the reply, as Python writes errors. */
  run(node: ControlledNode, args: CommandArguments): unknown;
}

/** A reply of success. */
export function ok(value: unknown): { readonly ok: unknown } {
  return { ok: value };
}

/** A reply that refuses. */
export function nok(reason: string): { readonly error: string } {
  return { error: reason };
}
