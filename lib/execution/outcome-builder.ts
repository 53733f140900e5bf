import type { MessageFactory, PlannedMessages } from '../client/index.js';
import { Retry, type Replace, type Replacement, type RetryChanges } from '../errors/index.js';
import { pythonRepr, type OutgoingMessage, type ResultRecord } from '../protocol/index.js';
import type { Clock } from '../time/index.js';
import type { ChordJoin } from './builtin/chord-join.js';
import { ChordOutcomes } from './chord-outcomes.js';
import { completeReply, replyOfChord } from './complete-reply.js';
import type { ExecutionSignals } from './execution-signals.js';
import { additionsOf, replacementOf } from './replacement.js';
import type { ResultRecords, StoredError } from './result-records.js';
import { autoretryDelayMs, changesOf, describeRetry, isAutoretried, isExhausted, retryTimeOf } from './retry-policy.js';
import { afterFailure, afterSuccess, checkJoins, retryRequest, together, type Predecessor } from './successors.js';
import { RunCloser, showError, subjectOf } from './run-closer.js';
import type { GraphSignal } from './builtin/graph-tasks.js';
import { GraphOutcomes } from './graph-outcomes.js';
import type { HookOutcome } from './task-hooks.js';
import type { PartReport, TaskReply } from './task-reply.js';
import type { TaskRun } from './task-run.js';
import { codeOf, isOneOf, toOneLine } from './thrown.js';

export interface OutcomeBuilderSetup {
  readonly records: ResultRecords;
  readonly messages: MessageFactory;
  readonly clock: Clock;
  readonly log: { warn(message: string): void; error(message: string): void };
  readonly signals: ExecutionSignals;
  readonly random: () => number;
  /** Whether there is a store that counts the parts of chords. */
  readonly joinsChords: boolean;
}

/** Turns the end of a run into its reply: what is stored, what is sent, and who is told. */
export class OutcomeBuilder {
  /** What parts of chords come to. */
  readonly chords: ChordOutcomes;
  readonly graphs: GraphOutcomes;
  private readonly closer: RunCloser;

  constructor(private readonly setup: OutcomeBuilderSetup) {
    this.chords = new ChordOutcomes(setup.records, setup.messages);
    this.graphs = new GraphOutcomes(setup.records, setup.messages, this.chords);
    this.closer = new RunCloser(setup.signals, setup.log);
  }

  returned(run: TaskRun, result: unknown): TaskReply | Promise<TaskReply> {
    const { records, messages, signals } = this.setup;
    let record: ResultRecord | undefined;
    let following: PlannedMessages;
    let part: PartReport | undefined;
    try {
      const resultJson = records.encodeResult(run.head.task, result); // also where nobody stores it, so that a task does not depend on who asks
      following = afterSuccess(run, result, messages);
      if (run.addedToChord.length > 0) following = together([following, additionsOf(run, messages)]);
      checkJoins(following, this.setup.joinsChords);
      if (run.stores('SUCCESS')) record = records.success(run, resultJson, following.messages);
      if (run.body.chord !== undefined) part = this.chords.succeeded(run, resultJson, run.addedToChord.length);
    } catch (error) {
      return this.failed(run, error);
    }
    if (signals.taskSuccess.isObserved) {
      signals.taskSuccess.emit({ ...subjectOf(run), result, runtimeMs: run.runtimeMs });
    }
    return this.closer.conclude(
      run,
      'onSuccess',
      { state: 'SUCCESS', result, error: undefined },
      {
        outcome: 'success',
        records: record === undefined ? [] : [record],
        successors: following.messages,
        chords: following.chords,
        part,
        shown: run.job.isShown === true ? { result: pythonRepr(result) } : undefined,
      },
    );
  }

  /** @param isBody whether its body threw, rather than what comes before: only that is retried by itself */
  threw(run: TaskRun, thrown: unknown, isBody: boolean): TaskReply | Promise<TaskReply> {
    switch (codeOf(thrown)) {
      case 'TQ_IGNORE':
        return this.closer.conclude(
          run,
          undefined,
          { state: 'IGNORED', result: undefined, error: thrown },
          { outcome: 'ignored' },
        );
      case 'TQ_REJECT':
        return this.rejected(run, thrown);
      case 'TQ_REPLACE':
        return this.replaced(run, (thrown as Replace).replacement);
      case 'TQ_CHORD_LATE':
        return replyOfChord(this.chords.late(run, String((thrown as Error).message)));
      case 'TQ_GRAPH':
        return this.graphOutcome(run, thrown as GraphSignal);
      case 'TQ_CHORD_JOIN':
        return this.unlocked(run, thrown as ChordJoin);
      case 'TQ_RETRY':
        return this.retried(run, changesOf(thrown), undefined);
      default:
        return run.isCalledOff(thrown) ? this.givenBack(run, thrown) : this.threwError(run, thrown, isBody);
    }
  }

  private graphOutcome(run: TaskRun, signal: GraphSignal): TaskReply | Promise<TaskReply> {
    try {
      const end = this.graphs.of(run, signal);
      checkJoins(end, this.setup.joinsChords);
      return replyOfChord(end);
    } catch (error) {
      return this.failed(run, error);
    }
  }

  /** Nothing is stored: the replacement has the id. */
  private replaced(run: TaskRun, replacement: Replacement): TaskReply | Promise<TaskReply> {
    let following: PlannedMessages;
    try {
      following = replacementOf(run, replacement, this.setup.messages);
      checkJoins(following, this.setup.joinsChords);
    } catch (error) {
      return this.failed(run, error);
    }
    const { messages: successors, chords } = following;
    const outcome: HookOutcome = { state: 'IGNORED', result: undefined, error: undefined };
    return this.closer.conclude(run, undefined, outcome, { outcome: 'ignored', successors, chords });
  }

  /** A task that joins a chord for others has succeeded, whatever becomes of the body. */
  private unlocked(run: TaskRun, { body, parts }: ChordJoin): TaskReply | Promise<TaskReply> {
    const { records } = this.setup;
    const { outer, ...end } = this.chords.joined({ head: run.head, body: { ...run.body, chord: body } }, parts);
    const own = run.stores('SUCCESS') ? [records.success(run, 'null', end.successors)] : [];
    const outcome: HookOutcome = { state: 'SUCCESS', result: null, error: undefined };
    return this.closer.conclude(run, 'onSuccess', outcome, {
      ...end,
      outcome: 'success',
      records: [...own, ...end.records],
      part: outer,
    });
  }

  private threwError(run: TaskRun, thrown: unknown, isBody: boolean): TaskReply | Promise<TaskReply> {
    const { options } = run.task;
    if (
      isBody &&
      !run.isGivenUp &&
      isAutoretried(thrown, options) &&
      !isExhausted(run.head.retries, options.maxRetries)
    ) {
      return this.retried(run, { error: thrown }, autoretryDelayMs(options, run.head.retries, this.setup.random));
    }
    return this.failed(run, thrown);
  }

  /** @param stored the error as somebody else found it */
  failed(
    run: TaskRun,
    error: unknown,
    stored: StoredError = this.setup.records.errorOf(error),
  ): TaskReply | Promise<TaskReply> {
    const { signals } = this.setup;
    // A guard that refuses does what it is there for, as an error does that the task declares.
    const expected = isOneOf(error, run.task.options.throws) || codeOf(error) === 'TQ_TASK_FORBIDDEN';
    const failure = this.failureOf(run, stored, run.stores('FAILURE'));
    if (signals.taskFailure.isObserved) signals.taskFailure.emit({ ...subjectOf(run), error });
    return this.closer.conclude(
      run,
      'onFailure',
      { state: 'FAILURE', result: undefined, error },
      {
        outcome: 'failure',
        ...failure,
        error: toOneLine(error),
        traceback: expected ? '' : (stored.traceback ?? ''),
        expected,
        shown: showError(run, stored),
      },
    );
  }

  /** For a message whose task is not here, or that the engine could not run. */
  unknown(predecessor: Predecessor, error: unknown): TaskReply {
    const stored = this.setup.records.errorOf(error);
    const failure = this.failureOf(
      { ...predecessor, context: undefined },
      stored,
      predecessor.head.ignoreResult !== true,
    );
    return completeReply(
      { outcome: 'failure', ...failure, error: toOneLine(error), traceback: stored.traceback ?? '' },
      0,
    );
  }

  undecodable(error: unknown, runtimeMs: number, read?: Pick<Predecessor, 'job' | 'head'>): TaskReply {
    const records = read === undefined ? [] : this.setup.records.unreadable(read, error);
    return completeReply({ outcome: 'undecodable', error: toOneLine(error), records }, runtimeMs);
  }

  private retried(
    run: TaskRun,
    changes: RetryChanges,
    autoDelayMs: number | undefined,
  ): TaskReply | Promise<TaskReply> {
    const { records, messages, clock, signals } = this.setup;
    const { maxRetries = run.task.options.maxRetries } = changes;
    if (isExhausted(run.head.retries, maxRetries)) return this.failed(run, changes.error ?? run.exhausted());
    let etaMs: number | undefined;
    let successor: OutgoingMessage;
    try {
      etaMs = retryTimeOf(changes, autoDelayMs ?? run.task.options.defaultRetryDelayMs, clock.now());
      successor = messages.create(retryRequest(run, changes, etaMs, messages.priorityOrder));
    } catch (error) {
      return this.failed(run, error); // it cannot be sent, such as with arguments that cannot be written
    }
    const line = describeRetry(changes, etaMs === undefined ? 0 : etaMs - clock.now());
    const stored = records.errorOf(changes.error ?? new Retry({}, line));
    if (signals.taskRetry.isObserved) signals.taskRetry.emit({ ...subjectOf(run), error: changes.error, etaMs });
    return this.closer.conclude(
      run,
      'onRetry',
      { state: 'RETRY', result: undefined, error: changes.error },
      {
        outcome: 'retry',
        records: run.stores('RETRY') ? [records.retry(run, stored)] : [],
        successors: [successor],
        error: line,
        traceback: stored.traceback ?? '',
        shown: showError(run, stored),
      },
    );
  }

  private givenBack(run: TaskRun, thrown: unknown): TaskReply | Promise<TaskReply> {
    return this.closer.conclude(
      run,
      undefined,
      { state: 'REJECTED', result: undefined, error: thrown },
      {
        outcome: 'rejected',
        requeue: true,
        error: `given back, as its worker asked it to stop: ${toOneLine(thrown)}`,
      },
    );
  }

  /** What is not requeued has failed; its errbacks run. @source vector `reject` of results-redis */
  private rejected(run: TaskRun, thrown: unknown): TaskReply | Promise<TaskReply> {
    const requeue = (thrown as { requeue?: unknown }).requeue === true;
    const stored = this.setup.records.errorOf(thrown);
    const failure = requeue ? {} : this.failureOf(run, stored, run.stores('FAILURE'));
    return this.closer.conclude(
      run,
      undefined,
      { state: 'REJECTED', result: undefined, error: thrown },
      {
        outcome: 'rejected',
        requeue,
        error: toOneLine(thrown),
        shown: showError(run, stored),
        ...failure,
      },
    );
  }

  /** An errback that cannot be sent does not undo the failure. */
  private failureOf(
    predecessor: Predecessor & Pick<Partial<TaskRun>, 'context'>,
    stored: StoredError,
    isStored: boolean,
  ): Pick<TaskReply, 'records' | 'successors' | 'chords' | 'part'> {
    const { records, messages, log } = this.setup;
    let following: PlannedMessages = { messages: [], chords: [] };
    let part: PartReport | undefined;
    try {
      part = this.chords.failed(predecessor, 'FAILURE', stored);
      following = afterFailure(predecessor, messages);
      checkJoins(following, this.setup.joinsChords);
    } catch (error) {
      log.error(
        `What follows the failure of task ${predecessor.head.task}[${predecessor.head.id}] cannot be sent: ${toOneLine(error)}`,
      );
    }
    const ending = {
      successors: following.messages,
      chords: following.chords,
      part,
    };
    if (!isStored) return { records: [], ...ending };
    const subject = { ...predecessor, context: predecessor.context };
    return {
      records: [
        records.failure(subject, stored, following.messages),
        ...records.failureOfChain(predecessor.body.chain, stored),
      ],
      ...ending,
    };
  }
}
