import type { KeptPart, PartState } from '../backends/index.js';
import {
  composeSteps,
  firstTasks,
  resultIdOf,
  tasksOf,
  type ChordSize,
  type Lineage,
  type MessageFactory,
} from '../client/index.js';
import { ChordError } from '../errors/index.js';
import {
  exceptionMap,
  exceptionRepr,
  parseSignatures,
  toWireError,
  type SignatureMap,
  type TaskBody,
  type TaskHead,
} from '../protocol/index.js';
import { placeOfLast, type ChordPlace } from './chord-place.js';
import type { ResultRecords, StoredError } from './result-records.js';
import { callErrbacks, lineageBelow, type Predecessor } from './successors.js';
import type { ChordEnd, PartReport } from './task-reply.js';
import { toOneLine } from './thrown.js';

/** Beyond so many chords of others deadlines are told again, from then on. */
const MOST_FOREIGN = 10_000;

/** A chord and the place of one of its parts. */
interface Failure {
  readonly partId: string;
  readonly error: StoredError;
  readonly lineage: Lineage;
}

/**
 * Says what parts of chords come to: which one a run is, what the body is called with, and what becomes of a body that will never run.
 * @source celery/backends/redis.py `on_chord_part_return`, celery/backends/base.py `chord_error_from_stack`
 */
export class ChordOutcomes {
  /** Chords of others whose deadlines were told. */
  private readonly foreign = new Set<string>();

  constructor(
    private readonly records: ResultRecords,
    private readonly messages: MessageFactory,
  ) {}

  /** The part of a chord that a run is; `undefined` for none. */
  succeeded(
    { head, body }: Pick<Predecessor, 'head' | 'body'>,
    resultJson: string,
    adds: number,
  ): PartReport | undefined {
    const { chord } = body;
    const { groupId, groupIndex, id: taskId } = head;
    if (chord === undefined || groupId === undefined) return undefined;
    const size = sizeOf(chord);
    // Written out, since spreading costs more than the rest of a small task.
    const part: PartReport = {
      groupId,
      taskId,
      groupIndex,
      state: 'SUCCESS',
      result: resultJson,
      size,
      failure: undefined,
    };
    const late = size === undefined ? undefined : this.lateOnce(groupId, chord);
    if (adds === 0 && late === undefined) return part;
    return { ...part, adds: adds === 0 ? undefined : adds, late };
  }

  /** The same of one that did not succeed: then it may be one for the step that ends its chain and will never run. */
  failed(
    { head, body }: Pick<Predecessor, 'head' | 'body'>,
    state: 'FAILURE' | 'REVOKED',
    error: StoredError,
  ): PartReport | undefined {
    const own = placeOf(head, body);
    const last = own === undefined && body.chain.length > 0 ? placeOfLast(body.chain) : undefined;
    const place = own ?? last?.place;
    if (place === undefined) return undefined;
    const failure: Failure = { partId: head.id, error, lineage: lineageBelow(head) };
    return this.failedPart(place, own === undefined ? (last?.taskId ?? head.id) : head.id, state, failure);
  }

  /** What follows where somebody revoked it: the steps of its chain have been revoked as well. */
  revoked(read: Pick<Predecessor, 'head' | 'body'>, error: StoredError): ChordEnd {
    return {
      records: this.records.failureOfChain(read.body.chain, error, 'REVOKED'),
      successors: [],
      chords: [],
      outer: this.failed(read, 'REVOKED', error),
    };
  }

  /** The part of a chord that a run is, with the failure of another task, which came before. */
  brokenPart(
    { head, body }: Pick<Predecessor, 'head' | 'body'>,
    partId: string,
    state: 'FAILURE' | 'REVOKED',
    error: StoredError,
  ): PartReport | undefined {
    const place = placeOf(head, body);
    return place && this.failedPart(place, head.id, state, { partId, error, lineage: lineageBelow(head) });
  }

  /** What follows where a chord has not ended in time: it fails, unless it has ended meanwhile. */
  late({ head, body }: Pick<Predecessor, 'head' | 'body'>, message: string): ChordEnd {
    const place = placeOf(head, body);
    if (place === undefined) return { records: [], successors: [], chords: [], outer: undefined };
    const thrown = new ChordError(message);
    const part: PartReport = {
      ...placed(place, head.id),
      state: 'FAILURE',
      result: this.records.encode(exceptionMap(toWireError(thrown))),
      failure: this.failedBodyWith(place.chord, thrown, lineageBelow(head)),
    };
    return { records: [], successors: [], chords: [], outer: part };
  }

  /** What follows from the last part: the body with all results, or its failure. Never throws. */
  joined({ head, body }: Pick<Predecessor, 'head' | 'body'>, parts: readonly KeptPart[]): ChordEnd {
    const { chord } = body;
    if (chord === undefined) throw new TypeError(`Task ${head.task}[${head.id}] is no part of a chord.`);
    const lineage = lineageBelow(head);
    const failed = parts.find(({ state }) => state !== 'SUCCESS');
    if (failed !== undefined) {
      const error = this.records.storedErrorOf(failed.result);
      return this.failedBody(chord, { partId: failed.taskId, error, lineage });
    }
    try {
      const results = this.resultsOf(parts);
      const { messages, chords } = this.messages.fromSignature(chord, { prependArgs: [results], lineage });
      return { records: [], successors: messages, chords, outer: undefined };
    } catch (error) {
      return this.failedBodyWith(chord, new ChordError(`Callback error: ${toOneLine(error)}`), lineage);
    }
  }

  /** Read at once, as each reading costs more than a small result. */
  private resultsOf(parts: readonly KeptPart[]): readonly unknown[] {
    const texts = parts.map(({ result }) => result);
    try {
      const results = this.records.decode(`[${texts.join(', ')}]`);
      if (Array.isArray(results) && results.length === parts.length) return results;
    } catch {
      // Read one by one, it shows which one it is.
    }
    return texts.map((text) => this.records.decode(text));
  }

  /** A chord of Celery's tells its own size; nobody has said by when it has to end. */
  private lateOnce(groupId: string, chord: SignatureMap): ChordSize['late'] {
    if (this.foreign.has(groupId)) return undefined;
    if (this.foreign.size >= MOST_FOREIGN) this.foreign.clear();
    this.foreign.add(groupId);
    return this.messages.lateChord(chord);
  }

  private failedPart(place: ChordPlace, taskId: string, state: PartState, failure: Failure): PartReport {
    return {
      ...placed(place, taskId),
      state,
      result: this.records.encode(exceptionMap(failure.error)),
      failure: this.failedBody(place.chord, failure),
    };
  }

  private failedBody(chord: SignatureMap, { partId, error, lineage }: Failure): ChordEnd {
    return this.failedBodyWith(chord, new ChordError(`Dependency ${partId} raised ${exceptionRepr(error)}`), lineage);
  }

  /** Every task that would have followed has failed with the same error; those who are told of the first are told once. */
  private failedBodyWith(chord: SignatureMap, thrown: ChordError, lineage: Lineage): ChordEnd {
    const error = { ...toWireError(thrown), traceback: null };
    const steps = [chord, ...parseSignatures(chord.options?.['chain'], 'options.chain').toReversed()];
    const node = composeSteps(steps);
    const id = resultIdOf(node);
    const errbacks = new Map(
      firstTasks(node)
        .flatMap(({ map }) => parseSignatures(map.options?.['link_error'], 'options.link_error'))
        .map((each) => [JSON.stringify(each), each]),
    );
    const { messages, chords } = callErrbacks([...errbacks.values()], id, lineage, this.messages);
    const last = placeOfLast(steps.toReversed());
    const failure: Failure = { partId: id, error, lineage };
    return {
      records: this.records.failureOfUnrun(tasksOf(node), error),
      successors: messages,
      chords,
      outer: last && this.failedPart(last.place, last.taskId, 'FAILURE', failure),
    };
  }
}

function placeOf(head: TaskHead, { chord }: TaskBody): ChordPlace | undefined {
  if (chord === undefined || head.groupId === undefined) return undefined;
  return { chord, groupId: head.groupId, groupIndex: head.groupIndex };
}

function placed({ groupId, groupIndex, chord }: ChordPlace, taskId: string) {
  return { groupId, taskId, groupIndex, size: sizeOf(chord) };
}

function sizeOf(chord: SignatureMap): number | undefined {
  const size = (chord as { readonly chord_size?: unknown }).chord_size;
  return typeof size === 'number' ? size : undefined;
}
