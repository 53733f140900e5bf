import { InvalidSignatureError } from '../errors/index.js';
import type { SignatureMap } from '../protocol/index.js';
import { graphOf, type SignatureGraph } from './signature-graph.js';
import { kwargsOf, toSignatureMap, type PriorityOnWire } from './signature-map.writer.js';
import { isBare, yieldsGroup, type SignatureKind, type SignatureState } from './signature-state.js';
import { WholeWorkflow } from './whole-workflow.js';

let readState: (value: object) => SignatureState | undefined;

/** What can be read of a signature. */
export abstract class SignatureView {
  static {
    readState = (value) => (#state in value ? value.#state : undefined);
  }

  readonly #state: SignatureState;

  protected constructor(state: SignatureState) {
    this.#state = state;
  }

  protected get state(): SignatureState {
    return this.#state;
  }

  /** What it is: one task, or an arrangement of other signatures. */
  get kind(): SignatureKind {
    return this.state.form.kind;
  }

  /** Whether it ends in several tasks whose results belong together: a group, or what a group is the end of. */
  get yieldsGroup(): boolean {
    return yieldsGroup(this.state);
  }

  get task(): string {
    return this.state.task;
  }

  get args(): readonly unknown[] {
    return this.state.args;
  }

  get kwargs(): Readonly<Record<string, unknown>> {
    return kwargsOf(this.state, asItIs);
  }

  get immutable(): boolean {
    return this.state.immutable;
  }

  /** Whether a compiler has compared the arguments with the task's method; not so once it has been a map. */
  get isTyped(): boolean {
    return this.state.isTyped;
  }

  /** Whether it is nothing but one task and its arguments. */
  get isBare(): boolean {
    return isBare(this.state);
  }

  /** Its tasks, and what comes after what: as data, and as Graphviz and Mermaid text. */
  graph(): SignatureGraph {
    return graphOf(this.state);
  }

  /**
   * As it travels in messages.
   * @param toWire what a priority of `set()` is on the wire of the broker it is for @defaultValue as it is
   */
  toMap(toWire: PriorityOnWire = asItIs): SignatureMap {
    return toSignatureMap(this.state, toWire);
  }

  /** The same map, for `JSON.stringify` and logs. */
  toJSON(): SignatureMap {
    return this.toMap();
  }
}

/**
 * What a signature holds, for the builders of this room.
 * @param place how an error calls what should have been one
 * @throws {InvalidSignatureError} when it is none
 */
export function stateOf(value: unknown, place: string): SignatureState {
  const state = typeof value === 'object' && value !== null ? readState(value) : undefined;
  if (state !== undefined) return state;
  if (value instanceof WholeWorkflow) {
    throw new InvalidSignatureError(
      place,
      'a signature; a graph, or what is made of an iterable, is sent by apply() alone',
      value,
    );
  }
  throw new InvalidSignatureError(place, 'a signature, such as tasks.for(BillingTasks).sendInvoice.s()', value);
}

function asItIs(priority: number): number {
  return priority;
}
