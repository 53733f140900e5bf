import { InvalidSignatureError } from '../errors/index.js';
import type { InOf, ItemOf, OutOf } from './composition-types.js';
import type { SignatureMap } from '../protocol/index.js';
import { asGroup, newMapping } from './signature-composition.js';
import { readSignatureMap } from './signature-map.reader.js';
import { toSignatureMap } from './signature-map.writer.js';
import { isBare, newState, type SignatureState } from './signature-state.js';
import { stateOf } from './signature-view.js';
import { signatureOf, type AnySignature, type Group, type Signature } from './signature.js';

/**
 * One task that calls another with each item, one after the other in the worker that runs it, and gives the list of the results. Options are those of that one task.
 * @throws {InvalidSignatureError} when the first is not one task, or the second no iterable
 * @source celery/canvas.py `xmap`
 */
export function map<const Each extends AnySignature>(
  task: Each,
  items: Iterable<ItemOf<InOf<Each>>>,
): Signature<readonly unknown[], OutOf<Each>[]> {
  return signatureOf(newMapping('map', taskOf(task), listOf(items))) as ReturnType<typeof map<Each>>;
}

/** As `map`, with each item the list of the arguments. @source celery/canvas.py `xstarmap` */
export function starmap<const Each extends AnySignature>(
  task: Each,
  items: Iterable<InOf<Each>>,
): Signature<readonly unknown[], OutOf<Each>[]> {
  return signatureOf(newMapping('starmap', taskOf(task), listOf(items))) as ReturnType<typeof starmap<Each>>;
}

/**
 * Lists of arguments in parts of `size`: a group of one `starmap` for each part, and so as many results as parts, each a list.
 * @throws {InvalidSignatureError} when the first is not one task, the second no iterable or the third no size
 * @source celery/canvas.py `chunks`
 */
export function chunks<const Each extends AnySignature>(
  task: Each,
  items: Iterable<InOf<Each>>,
  size: number,
): Group<readonly unknown[], OutOf<Each>[][]> {
  if (!Number.isInteger(size) || size < 1) throw new InvalidSignatureError('size', 'an integer of at least 1', size);
  const state = newState({
    task: 'celery.chunks',
    form: { kind: 'chunks', each: taskOf(task), items: listOf(items), size },
    immutable: true,
    isTyped: true,
  });
  return signatureOf(state) as unknown as ReturnType<typeof chunks<Each>>;
}

/**
 * The map of the group that a map of chunks is sent as; any other as it is.
 * @throws {InvalidTaskMessage} naming the place of what cannot be read
 */
export function groupOfChunks(signature: SignatureMap, place: string): SignatureMap {
  if (signature.task !== 'celery.chunks') return signature;
  return toSignatureMap(asGroup(readSignatureMap(signature, place)), (priority) => priority);
}

/** A worker calls the task with each item and nothing else, Python's too. */
function taskOf(value: unknown): SignatureState {
  const state = stateOf(value, 'task');
  if (isBare(state) && state.args.length === 0 && Object.keys(state.kwargs).length === 0) return state;
  if (state.form.kind === 'task') {
    throw new InvalidSignatureError('task', 'without arguments, options and links of its own, such as add.s()', value);
  }
  throw new InvalidSignatureError(
    'task',
    `that of one task, which is called in the worker; not a ${state.form.kind}`,
    value,
  );
}

function listOf(items: Iterable<unknown>): readonly unknown[] {
  const given: unknown = items;
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return [...items];
  throw new InvalidSignatureError('items', 'an array, or another iterable', items);
}
