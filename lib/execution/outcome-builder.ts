import type { MessageFactory } from '../client/index.js';
import { EncodeError, Retry, type RetryChanges } from '../errors/index.js';
import { exceptionRepr, pythonRepr, type OutgoingMessage, type ResultRecord } from '../protocol/index.js';
import { parseDuration, type Clock } from '../time/index.js';
import type { ExecutionSignals } from './execution-signals.js';
import type { ResultRecords, StoredError } from './result-records.js';
import { autoretryDelayMs, isAutoretried, isExhausted } from './retry-policy.js';
import { afterFailure, afterSuccess, retryRequest, type Predecessor } from './successors.js';
import { hasEndHooks, runEndHooks, type HookOutcome } from './task-hooks.js';
import type { ShownOutcome, TaskReply } from './task-reply.js';
import type { TaskRun } from './task-run.js';
import { codeOf, isOneOf, toOneLine } from './thrown.js';

export interface OutcomeBuilderSetup {
  readonly records: ResultRecords;
  readonly messages: MessageFactory;
  readonly clock: Clock;
  readonly log: { warn(message: string): void; error(message: string): void };
  readonly signals: ExecutionSignals;
  readonly random: () => number;
}

type Reply = Partial<Omit<TaskReply, 'shown'>> &
  Pick<TaskReply, 'outcome'> & { readonly shown?: ShownOutcome | undefined };

/** Turns the end of a run into its reply: what is stored, what is sent, and who is told. */
export class OutcomeBuilder {
  constructor(private readonly setup: OutcomeBuilderSetup) {}

  returned(run: TaskRun, result: unknown): TaskReply | Promise<TaskReply> {
    const { records, messages, signals } = this.setup;
    let record: ResultRecord | undefined;
    let successors: readonly OutgoingMessage[];
    try {
      const resultJson = encodeResult(run, result, records); // also where nobody stores it, so that a task does not depend on who asks
      successors = afterSuccess(run, result, messages);
      if (run.stores('SUCCESS')) record = records.success(run, resultJson, successors);
    } catch (error) {
      return this.failed(run, error);
    }
    if (signals.taskSuccess.isObserved) {
      signals.taskSuccess.emit({ ...subjectOf(run), result, runtimeMs: run.runtimeMs });
    }
    return this.conclude(
      run,
      'onSuccess',
      { state: 'SUCCESS', result, error: undefined },
      {
        outcome: 'success',
        records: record === undefined ? [] : [record],
        successors,
        shown: run.job.isShown === true ? { result: pythonRepr(result) } : undefined,
      },
    );
  }

  /** @param isBody whether its body threw, rather than what comes before: only that is retried by itself */
  threw(run: TaskRun, thrown: unknown, isBody: boolean): TaskReply | Promise<TaskReply> {
    switch (codeOf(thrown)) {
      case 'TQ_IGNORE':
        return this.conclude(
          run,
          undefined,
          { state: 'IGNORED', result: undefined, error: thrown },
          { outcome: 'ignored' },
        );
      case 'TQ_REJECT':
        return this.rejected(run, thrown);
      case 'TQ_RETRY':
        return this.retried(run, changesOf(thrown), undefined);
      default:
        return run.isCalledOff(thrown) ? this.givenBack(run, thrown) : this.threwError(run, thrown, isBody);
    }
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
    const { records, successors } = this.failureOf(run, stored, run.stores('FAILURE'));
    if (signals.taskFailure.isObserved) signals.taskFailure.emit({ ...subjectOf(run), error });
    return this.conclude(
      run,
      'onFailure',
      { state: 'FAILURE', result: undefined, error },
      {
        outcome: 'failure',
        records,
        successors,
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
    return complete({ outcome: 'failure', ...failure, error: toOneLine(error), traceback: stored.traceback ?? '' }, 0);
  }

  undecodable(error: unknown, runtimeMs: number): TaskReply {
    return complete({ outcome: 'undecodable', error: toOneLine(error) }, runtimeMs);
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
    return this.conclude(
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
    return this.conclude(
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
    return this.conclude(
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
  ): Pick<TaskReply, 'records' | 'successors'> {
    const { records, messages, log } = this.setup;
    let successors: readonly OutgoingMessage[] = [];
    try {
      successors = afterFailure(predecessor, messages);
    } catch (error) {
      log.error(
        `The errbacks of task ${predecessor.head.task}[${predecessor.head.id}] cannot be sent: ${toOneLine(error)}`,
      );
    }
    if (!isStored) return { records: [], successors };
    const subject = { ...predecessor, context: predecessor.context };
    return {
      records: [
        records.failure(subject, stored, successors),
        ...records.failureOfChain(predecessor.body.chain, stored),
      ],
      successors,
    };
  }

  private conclude(
    run: TaskRun,
    hook: 'onSuccess' | 'onFailure' | 'onRetry' | undefined,
    outcome: HookOutcome,
    reply: Reply,
  ): TaskReply | Promise<TaskReply> {
    if (hook === undefined || !hasEndHooks(run, hook)) return this.close(run, outcome, reply);
    const told = runEndHooks(run, hook, outcome, (message) => this.setup.log.error(message));
    return told.then(() => this.close(run, outcome, reply));
  }

  private close(run: TaskRun, outcome: HookOutcome, reply: Reply): TaskReply | Promise<TaskReply> {
    const { taskPostrun } = this.setup.signals;
    if (taskPostrun.isObserved) {
      taskPostrun.emit({ ...subjectOf(run), state: outcome.state, result: outcome.result });
    }
    const writing = run.closeStates();
    return writing === undefined ? complete(reply, run.runtimeMs) : writing.then(() => complete(reply, run.runtimeMs));
  }
}

/** Written out, since spreading defaults costs more than the rest of a small task. */
function complete(reply: Reply, runtimeMs: number): TaskReply {
  const {
    outcome,
    records = [],
    successors = [],
    requeue = false,
    error = '',
    traceback = '',
    expected = false,
    shown,
  } = reply;
  if (shown !== undefined) {
    return { outcome, records, successors, requeue, error, traceback, expected, runtimeMs, shown };
  }
  return { outcome, records, successors, requeue, error, traceback, expected, runtimeMs };
}

function showError({ job }: TaskRun, stored: StoredError): ShownOutcome | undefined {
  return job.isShown === true
    ? { exception: exceptionRepr(stored), traceback: stored.traceback ?? undefined }
    : undefined;
}

function subjectOf({ head, context }: TaskRun) {
  return { task: head.task, id: head.id, context };
}

/** @throws {EncodeError} that says that it is the result, not an argument, which cannot be sent */
function encodeResult(run: TaskRun, result: unknown, records: ResultRecords): string {
  try {
    return records.encode(result);
  } catch (error) {
    if (!(error instanceof EncodeError)) throw error;
    throw new EncodeError(`Task "${run.head.task}" returned what cannot be stored: ${error.message}`, error.path);
  }
}

function changesOf(thrown: unknown): RetryChanges {
  const { changes } = thrown as { changes?: unknown };
  return typeof changes === 'object' && changes !== null ? (changes as RetryChanges) : {};
}

/** An eta wins over a countdown; one that is due is none. */
function retryTimeOf({ eta, countdown }: RetryChanges, defaultMs: number, nowMs: number): number | undefined {
  if (eta !== undefined) return eta.getTime();
  const waitMs = countdown === undefined ? defaultMs : parseDuration(countdown, 'retry.countdown');
  return waitMs > 0 ? nowMs + waitMs : undefined;
}

/** @source celery/exceptions.py `Retry.humanize`, `Retry.__str__` */
function describeRetry({ error }: RetryChanges, waitMs: number): string {
  const when = waitMs > 0 ? `Retry in ${Math.round(waitMs) / 1_000}s` : 'Retry now';
  return error === undefined ? when : `${when}: ${toOneLine(error)}`;
}
