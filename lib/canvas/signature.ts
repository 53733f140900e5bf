import { InvalidSignatureError } from '../errors/index.js';
import type { SignatureMap } from '../protocol/index.js';
import { called, madeImmutable, replaced } from './signature-calls.js';
import { piped } from './signature-composition.js';
import { errorLinked, linked, memberErrorLinked } from './signature-links.js';
import { readSignatureMap } from './signature-map.reader.js';
import {
  mergeWireOptions,
  priorityOf,
  toWireOptions,
  withoutReplaced,
  type SignatureOptions,
} from './signature-options.js';
import type { SignatureParts, SignatureReplacement } from './signature-parts.js';
import { changed, TASK, yieldsGroup, type SignatureState } from './signature-state.js';
import type { MissingArgs, PartialArgs, Passed } from './signature-types.js';
import { SignatureView, stateOf } from './signature-view.js';
import { stamped, type StampingVisitor, type StampOptions } from './stamping.js';
import type { Stamps } from './stamps.js';
import { skewed, type SkewOptions } from './skew.js';

declare const input: unique symbol;
declare const output: unique symbol;
declare const direct: unique symbol;

/** A signature of which only the map matters. */
export type AnySignature = Signature<never, unknown>;

/** `Next` where it takes what a task that returns `Out` passes on, else what it should have been. */
export type Taking<Out, Next> =
  Next extends Signature<[Passed<Out>], unknown> ? Next : Signature<[Passed<Out>], unknown>;

/** A composition that needs `In` and ends in `Last`. */
export type Composed<In extends readonly unknown[], Last> =
  Last extends GroupSignature<never, infer Outs>
    ? GroupSignature<In, Outs>
    : Last extends Signature<never, infer Out>
      ? Signature<In, Out>
      : never;

let newSignature: (state: SignatureState) => Signature<never, unknown>;
let newGroupSignature: (state: SignatureState) => Signature<never, unknown>;

/**
 * A task with its arguments and options, or a workflow of them, to be sent later, by whoever holds it: pass it to `apply` or `sendMany`, link it to
 * another task, put it into a chain, a group or a chord. It never changes: what seems to change it returns another one.
 *
 * `In` is what it still has to be called with, `[]` for nothing; further arguments are put **before** those it stores. `Out` is its result.
 * @source celery/canvas.py `Signature`
 */
export class Signature<in In extends readonly unknown[] = readonly unknown[], out Out = unknown> extends SignatureView {
  static {
    newSignature = (state) => new Signature(state);
  }

  declare readonly [input]: (further: In) => void;
  declare readonly [output]: Out;

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
      form: TASK,
      task,
      args: [...(args as readonly unknown[])],
      kwargs: { ...kwargs },
      immutable,
      isTyped,
      options: toWireOptions(options),
      priority: priorityOf(options),
      links: [],
      errorLinks: [],
      unknown: {},
      depth: 1,
    });
  }

  /**
   * Reads one from a message, or from what `toMap` wrote. Keys and options that are not known are kept.
   * @throws {InvalidTaskMessage} naming the place at fault
   */
  static fromMap<Out = unknown>(map: SignatureMap): Signature<readonly unknown[], Out> {
    return signatureOf(readSignatureMap(map)) as Signature<readonly unknown[], Out>;
  }

  get links(): readonly AnySignature[] {
    return this.state.links.map(signatureOf);
  }

  get errorLinks(): readonly AnySignature[] {
    return this.state.errorLinks.map(signatureOf);
  }

  /**
   * With other options; those that are not given stay. A chain's are those of its first task, a group's those of each member; a `taskId` is
   * the id of a chain's last task, of a group, or of a chord's body.
   * @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used
   */
  set(options: SignatureOptions): this {
    return this.#with(
      changed(this.state, {
        options: { ...withoutReplaced(this.state.options, options), ...toWireOptions(options) },
        priority: priorityOf(options) ?? this.state.priority,
      }),
    );
  }

  /** Takes no further arguments from now on, or takes them again: a chain's first task, a group's members, those of a chord's header. */
  setImmutable(immutable: boolean): this {
    return this.#with(madeImmutable(this.state, immutable));
  }

  /**
   * As it would be when called with more: further arguments come before those it stores, keyword arguments and options of the call win.
   * One that is immutable takes the options only. What ties it to its group, and its stamps, stay.
   */
  clone(args?: readonly [], kwargs?: Readonly<Record<string, unknown>>, options?: SignatureOptions): this;
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
    const state = called(this.state, args, kwargs);
    return this.#with(
      changed(state, {
        options: mergeWireOptions(withoutReplaced(state.options, options), toWireOptions(options)),
        priority: priorityOf(options) ?? state.priority,
      }),
    );
  }

  /**
   * With other arguments, keyword arguments or options in the place of all that it has of them. Links stay.
   * @throws {InvalidSignatureError} when arguments are given for what is not one task
   * @source celery/canvas.py `Signature.replace`
   */
  replace(replacement: SignatureReplacement): Signature<readonly unknown[], Out> {
    return signatureOf(replaced(this.state, replacement)) as Signature<readonly unknown[], Out>;
  }

  /**
   * Sends another task when this one succeeds, with its result before that one's own arguments: after the last task of a chain, after the body
   * of a chord. The same one is linked once.
   * @throws {InvalidSignatureError} for what ends in a group, which has no one result; `pipe` passes all of them on
   */
  link<Passes>(this: Signature<never, Passes>, next: Signature<[Passed<Passes>], unknown>): this {
    const state = stateOf(this, 'this');
    if (yieldsGroup(state)) {
      throw new InvalidSignatureError('link', 'left out for what ends in a group; pipe() passes its results on', next);
    }
    return signatureOf(linked(state, stateOf(next, 'link'))) as this;
  }

  /**
   * Sends another task when this one fails, with the id of what failed before that one's own arguments. A chain and a chord call it once, whatever
   * fails in them; of a group, each member that fails calls it. The same one is linked once.
   */
  linkError(handler: Signature<[string], unknown>): this {
    return this.#with(errorLinked(this.state, stateOf(handler, 'linkError')));
  }

  /** `linkError` by the name that Celery's users look for. */
  onError(handler: Signature<[string], unknown>): this {
    return this.linkError(handler);
  }

  /**
   * Sends another task for each member that fails of a group, or of a chord's header, with the id of that member before its own arguments.
   * @throws {InvalidSignatureError} for what has no members
   * @source `task_allow_error_cb_on_chord_header`
   */
  onMemberError(handler: Signature<[string], unknown>): this {
    return this.#with(memberErrorLinked(this.state, stateOf(handler, 'onMemberError')));
  }

  /**
   * With stamps on all in it, and on what is linked: headers that travel with each task, show in events, and by which tasks are revoked.
   * @param stamps values by name, or a visitor that is asked for each signature
   * @throws {InvalidSignatureError} for a name that cannot be a stamp's
   * @source celery/canvas.py `Signature.stamp`
   */
  stamp(stamps: Stamps | StampingVisitor, options: StampOptions = {}): this {
    return this.#with(stamped(this.state, stamps, options, signatureOf));
  }

  /**
   * This one followed by another, which takes its result, as Celery's `|` has it: a task or a chain becomes a chain; a group, whose results are taken
   * as one list, a chord; of a chord the body is followed.
   */
  pipe<Passes, const Next extends AnySignature>(
    this: Signature<never, Passes>,
    next: Taking<Passes, Next>,
  ): Composed<In, Next> {
    return signatureOf(piped(stateOf(this, 'this'), stateOf(next, 'next'))) as unknown as Composed<In, Next>;
  }

  #with(state: SignatureState): this {
    return signatureOf(state) as this;
  }
}

/** A signature that ends in a group: sending it gives the result of that group, piping it passes on the list of `Outs`. */
export class GroupSignature<
  in In extends readonly unknown[] = readonly unknown[],
  out Outs extends readonly unknown[] = readonly unknown[],
> extends Signature<In, Outs> {
  static {
    newGroupSignature = (state) => new GroupSignature(state);
  }

  declare readonly [direct]?: boolean;

  override clone(args?: readonly [], kwargs?: Readonly<Record<string, unknown>>, options?: SignatureOptions): this;
  override clone<Needed extends readonly unknown[], const Further extends PartialArgs<Needed>>(
    this: Signature<Needed, unknown>,
    args: Further,
    kwargs?: Readonly<Record<string, unknown>>,
    options?: SignatureOptions,
  ): GroupSignature<MissingArgs<Needed, Further>, Outs>;
  override clone(
    args: readonly [] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: SignatureOptions = {},
  ): GroupSignature<never, Outs> {
    return super.clone(args, kwargs, options);
  }

  /**
   * Its members start one after the other: the first after a second, each a second after the one before, unless said otherwise. A countdown or an eta
   * that a member has is replaced.
   * @throws {InvalidOptionError | UnknownOptionError}
   */
  skew(options: SkewOptions = {}): this {
    return signatureOf(skewed(this.state, options)) as this;
  }

  /** A group has no one result that could be passed on: `pipe` passes all of them. */
  override link(next: never): never {
    return super.link(next) as never;
  }
}

/** A group itself. Directly in another one it is taken apart: that one has its members. */
export interface Group<
  in In extends readonly unknown[] = readonly unknown[],
  out Outs extends readonly unknown[] = readonly unknown[],
> extends GroupSignature<In, Outs> {
  readonly [direct]?: true;
}

/** The signature that holds a state, for the builders of this room. */
export function signatureOf(state: SignatureState): Signature<never, unknown> {
  return yieldsGroup(state) ? newGroupSignature(state) : newSignature(state);
}
