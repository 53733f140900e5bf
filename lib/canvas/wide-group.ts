import { InvalidSignatureError } from '../errors/index.js';
import { stateOf } from './signature-view.js';
import { type Signature } from './signature.js';
import { WholeWorkflow } from './whole-workflow.js';

declare const output: unique symbol;

/** Where the members of a wide group come from. */
export type Members<Out> = Iterable<Signature<[], Out>> | AsyncIterable<Signature<[], Out>>;

/**
 * A group whose members are taken one by one as they are sent, from any iterable, so that it may have any number of them. It holds nothing but its source:
 * it cannot be part of another workflow, and where the source can be read once, it can be sent once.
 */
export class WideGroup<out Out = unknown> extends WholeWorkflow {
  declare readonly [output]: Out;

  /** @throws {InvalidSignatureError} when the source is no iterable */
  constructor(readonly members: Members<Out>) {
    super();
    const given: unknown = members;
    const isIterable =
      typeof given === 'object' && given !== null && (Symbol.iterator in given || Symbol.asyncIterator in given);
    if (!isIterable)
      throw new InvalidSignatureError('members', 'an iterable or an async iterable of signatures', given);
  }
}

/** A body that is called once, with the list of all results of a wide group, when all of it has succeeded. */
export class WideChord<out Out = unknown> extends WholeWorkflow {
  declare readonly [output]: Out;

  /** @throws {InvalidSignatureError} when the body is no signature, or ends in a group */
  constructor(
    readonly header: WideGroup,
    readonly body: Signature<never, Out>,
  ) {
    super();
    stateOf(body, 'body');
    if (body.yieldsGroup) {
      throw new InvalidSignatureError('body', 'a task, or what has one result, after a group of an iterable', body);
    }
  }
}
