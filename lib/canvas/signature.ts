import { isDeepStrictEqual } from 'node:util';
import { InvalidSignatureError } from '../errors/index.js';
import { parseSignature, parseSignatures, type SignatureMap } from '../protocol/index.js';
import {
  mergeWireOptions,
  priorityOf,
  toWireOptions,
  withoutReplaced,
  type SignatureOptions,
  type WireOptions,
} from './signature-options.js';
import type { MissingArgs, PartialArgs } from './signature-types.js';

declare const input: unique symbol;
declare const output: unique symbol;

/** What a signature is made of. */
export interface SignatureParts {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: SignatureOptions;
  /** Takes no further arguments, such as the result of what it is linked to. */
  readonly immutable?: boolean;
  /** Whether a compiler has compared the arguments with the task's method, so that optional ones may be left out. @defaultValue false */
  readonly isTyped?: boolean;
}

interface State {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly immutable: boolean;
  readonly isTyped: boolean;
  readonly subtaskType: SignatureMap['subtask_type'];
  /** As they travel, but for the links. A priority in them came from the wire and stays as it is. */
  readonly options: WireOptions;
  /** As users write it: 0 to 9, higher is more urgent. */
  readonly priority: number | undefined;
  readonly links: readonly AnySignature[];
  readonly errorLinks: readonly AnySignature[];
  /** Keys of a map that this version does not know. */
  readonly unknown: Readonly<Record<string, unknown>>;
}

/** A signature of which only the map matters. */
export type AnySignature = Signature<never, unknown>;

/** Turns a priority, 0 to 9 with 9 the most urgent, into what the broker that carries a signature expects. */
export type PriorityOnWire = (priority: number) => number;

/**
 * A task with its arguments and options, to be sent later, by whoever holds it: pass it to `sendMany`, link it to another task.
 * It never changes: what seems to change it returns another one.
 *
 * `In` is what it still has to be called with, `[]` for nothing; further arguments are put **before** those it stores. `Out` is its result.
 * @source celery/canvas.py `Signature`
 */
export class Signature<in In extends readonly unknown[] = readonly unknown[], out Out = unknown> {
  declare readonly [input]: (further: In) => void;
  declare readonly [output]: Out;
  readonly #state: State;

  private constructor(state: State) {
    this.#state = state;
  }

  /**
   * Makes one without knowing the task's types; `TaskHandle.s()` knows them.
   * @throws {InvalidSignatureError | InvalidOptionError | UnknownOptionError}
   */
  static of<In extends readonly unknown[] = readonly unknown[], Out = unknown>(
    parts: SignatureParts,
  ): Signature<In, Out> {
    const { task, args = [], kwargs = {}, options = {}, immutable = false, isTyped = false } = parts;
    if (typeof task !== 'string' || task === '') throw new InvalidSignatureError('task', 'a name of a task', task);
    if (!Array.isArray(args)) throw new InvalidSignatureError('args', 'an array', args);
    return new Signature<In, Out>({
      task,
      args: [...(args as readonly unknown[])],
      kwargs: { ...kwargs },
      immutable,
      isTyped,
      subtaskType: null,
      options: toWireOptions(options),
      priority: priorityOf(options),
      links: [],
      errorLinks: [],
      unknown: {},
    });
  }

  /**
   * Reads one from a message, or from what `toMap` wrote. Keys and options that are not known are kept.
   * @throws {InvalidTaskMessage} naming the field at fault
   */
  static fromMap<Out = unknown>(map: SignatureMap): Signature<readonly unknown[], Out> {
    const {
      task,
      args = [],
      kwargs = {},
      options = {},
      subtask_type: subtaskType,
      immutable = false,
      ...unknown
    } = parseSignature(map);
    const { link, link_error: linkError, ...others } = options;
    return new Signature<readonly unknown[], Out>({
      task,
      args,
      kwargs,
      immutable,
      isTyped: false,
      subtaskType,
      options: others,
      priority: undefined,
      links: parseSignatures(link, 'options.link').map((each) => Signature.fromMap(each)),
      errorLinks: parseSignatures(linkError, 'options.link_error').map((each) => Signature.fromMap(each)),
      unknown,
    });
  }

  get task(): string {
    return this.#state.task;
  }

  get args(): readonly unknown[] {
    return this.#state.args;
  }

  get kwargs(): Readonly<Record<string, unknown>> {
    return this.#state.kwargs;
  }

  get immutable(): boolean {
    return this.#state.immutable;
  }

  /** Whether a compiler has compared the arguments with the task's method; not so once it has been a map. */
  get isTyped(): boolean {
    return this.#state.isTyped;
  }

  /** Whether it is nothing but one task and its arguments. */
  get isBare(): boolean {
    const { subtaskType, options, priority, links, errorLinks, unknown } = this.#state;
    return (
      (subtaskType ?? null) === null &&
      priority === undefined &&
      links.length === 0 &&
      errorLinks.length === 0 &&
      Object.keys(options).length === 0 &&
      Object.keys(unknown).length === 0
    );
  }

  get links(): readonly AnySignature[] {
    return this.#state.links;
  }

  get errorLinks(): readonly AnySignature[] {
    return this.#state.errorLinks;
  }

  /**
   * With other options; those that are not given stay.
   * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
   */
  set(options: SignatureOptions): Signature<In, Out> {
    return this.with({
      options: { ...withoutReplaced(this.#state.options, options), ...toWireOptions(options) },
      priority: priorityOf(options) ?? this.#state.priority,
    });
  }

  /** Takes no further arguments from now on, or takes them again. */
  setImmutable(immutable: boolean): Signature<In, Out> {
    return this.with({ immutable });
  }

  /**
   * As it would be when called with more: further arguments come before those it stores, keyword arguments and options of the call win.
   * One that is immutable takes the options only. What ties it to its group, and its stamps, stay.
   */
  clone(args?: readonly [], kwargs?: Readonly<Record<string, unknown>>, options?: SignatureOptions): Signature<In, Out>;
  clone<Needed extends readonly unknown[], const Further extends PartialArgs<Needed>>(
    this: Signature<Needed, unknown>,
    args: Further,
    kwargs?: Readonly<Record<string, unknown>>,
    options?: SignatureOptions,
  ): Signature<MissingArgs<Needed, Further>, Out>;
  clone(
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SignatureOptions = {},
  ): Signature<never, Out> {
    const { immutable, args: stored, kwargs: storedKwargs, options: storedOptions, priority } = this.#state;
    return this.with({
      args: immutable ? stored : [...args, ...stored],
      kwargs: immutable ? storedKwargs : { ...storedKwargs, ...kwargs },
      options: mergeWireOptions(withoutReplaced(storedOptions, options), toWireOptions(options)),
      priority: priorityOf(options) ?? priority,
    });
  }

  /** Sends another task when this one succeeds, with its result before that one's own arguments. The same one is linked once. */
  link(next: Signature<[Out], unknown>): Signature<In, Out> {
    return this.with({ links: added(this.#state.links, next) });
  }

  /** Sends another task when this one fails, with its id before that one's own arguments. The same one is linked once. */
  linkError(next: Signature<[string], unknown>): Signature<In, Out> {
    return this.with({ errorLinks: added(this.#state.errorLinks, next) });
  }

  /** `linkError` by the name that Celery's users look for. */
  onError(next: Signature<[string], unknown>): Signature<In, Out> {
    return this.linkError(next);
  }

  /**
   * As it travels in messages.
   * @param toWire what a priority of `set()` is on the wire of the broker it is for @defaultValue as it is
   */
  toMap(toWire: PriorityOnWire = (priority) => priority): SignatureMap {
    const { task, args, kwargs, immutable, subtaskType, options, priority, links, errorLinks, unknown } = this.#state;
    return {
      ...unknown,
      task,
      args,
      kwargs,
      options: {
        ...options,
        ...(priority === undefined ? {} : { priority: toWire(priority) }),
        ...(links.length === 0 ? {} : { link: links.map((each) => each.toMap(toWire)) }),
        ...(errorLinks.length === 0 ? {} : { link_error: errorLinks.map((each) => each.toMap(toWire)) }),
      },
      subtask_type: subtaskType ?? null,
      immutable,
    };
  }

  /** The same map, for `JSON.stringify` and logs. */
  toJSON(): SignatureMap {
    return this.toMap();
  }

  private with(changes: Partial<State>): Signature<In, Out> {
    return new Signature<In, Out>({ ...this.#state, ...changes });
  }
}

function added(links: readonly AnySignature[], next: AnySignature): readonly AnySignature[] {
  const map = next.toMap();
  return links.some((each) => isDeepStrictEqual(each.toMap(), map)) ? links : [...links, next];
}
