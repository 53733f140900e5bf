import { isObservable, lastValueFrom } from 'rxjs';
import type { ResultBackend } from '../backends/index.js';
import { runPropagated, type ContextPropagator, type MessageFactory } from '../client/index.js';
import { ChordsNotSupportedError, NotRegistered } from '../errors/index.js';
import type { ResolvedResultsOptions } from '../options/index.js';
import type { JobRunner, RunControl } from '../pools/index.js';
import {
  exceptionMap,
  fromWireError,
  readTaskMessage,
  type DecodeContent,
  type ErrorRegistry,
  type TaskBody,
  type TaskHead,
} from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import { bindArguments, senderIn, TaskContext, validateBoundArguments, validateResult } from '../tasks/index.js';
import type { Clock } from '../time/index.js';
import { replyOfChord } from './complete-reply.js';
import { explainArguments } from './explain-arguments.js';
import { silentExecutionSignals, type ExecutionSignals } from './execution-signals.js';
import { OutcomeBuilder } from './outcome-builder.js';
import { ResultRecords } from './result-records.js';
import { runStartHooks } from './task-hooks.js';
import type { TaskRegistry } from './task-registry.js';
import type { TaskJob, TaskReply } from './task-reply.js';
import { TaskRun, type ReadJob, type RunSurroundings } from './task-run.js';
import { toOneLine } from './thrown.js';

/** Where a tracer writes what nobody is told otherwise; Nest's `LoggerService` fits. */
export interface ExecutionLog {
  warn(message: string): void;
  error(message: string): void;
}

export interface TaskTracerSetup {
  readonly tasks: TaskRegistry;
  readonly messages: MessageFactory;
  readonly serialization: Serialization;
  /** Connected; for the states that a task stores while it runs. `undefined` where no results are kept. */
  readonly backend: Pick<ResultBackend, 'storeResults' | 'chords'> | undefined;
  readonly results: Pick<ResolvedResultsOptions, 'extended'>;
  /** Node name of the worker. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: ExecutionLog;
  readonly signals?: ExecutionSignals;
  /** Sends events of the tasks' own. @defaultValue nobody is told */
  readonly sendEvent?: RunSurroundings['sendEvent'];
  readonly propagators?: readonly ContextPropagator[];
  /** Classes to rebuild errors with that somebody else found. */
  readonly errors?: ErrorRegistry;
  /** For the spread of automatic retries: a number in [0, 1). @defaultValue Math.random */
  readonly random?: () => number;
}

/**
 * Runs one message to the end of its task: understands it, calls the body, and says what came of it, with everything that follows encoded.
 * Stores only what a task stores on the way; its outcome is for the worker to settle.
 * @source celery/app/trace.py
 */
export class TaskTracer implements JobRunner<TaskJob, TaskReply> {
  private readonly surroundings: RunSurroundings;
  private readonly outcomes: OutcomeBuilder;
  private readonly signals: ExecutionSignals;
  private readonly decode: DecodeContent;
  private readonly joinsChords: boolean;

  constructor(private readonly setup: TaskTracerSetup) {
    const {
      serialization,
      backend,
      results,
      hostname,
      clock,
      messages,
      log,
      signals = silentExecutionSignals,
      random = Math.random,
      sendEvent = () => Promise.resolve(),
    } = setup;
    this.signals = signals;
    this.decode = (content) => serialization.decode(content);
    const records = new ResultRecords({ serialization, extended: results.extended, hostname, clock });
    this.surroundings = {
      hostname,
      messages,
      records,
      clock,
      storeStates: backend && ((states) => backend.storeResults(states)),
      warn: (message) => log.warn(message),
      sendEvent,
    };
    this.joinsChords = backend?.chords !== undefined;
    this.outcomes = new OutcomeBuilder({
      records,
      messages,
      clock,
      log,
      signals,
      random,
      joinsChords: this.joinsChords,
    });
  }

  /** Never throws or rejects, whatever the message holds and the task does. */
  run(job: TaskJob, control: RunControl): TaskReply | Promise<TaskReply> {
    const startedMs = this.setup.clock.monotonic();
    let head: TaskHead | undefined;
    let body: TaskBody;
    try {
      const message = readTaskMessage(job.message, this.decode, 'UTC', job.head);
      head = message.head;
      body = message.body();
    } catch (error) {
      return this.outcomes.undecodable(error, this.setup.clock.monotonic() - startedMs, head && { job, head });
    }
    try {
      if (job.join !== undefined) return replyOfChord(this.outcomes.chords.joined({ head, body }, job.join));
      if (job.verdict?.isRevoked === true)
        return replyOfChord(this.outcomes.graphs.revoked({ head, body }, job.verdict));
      const task = this.setup.tasks.get(head.task);
      if (task === undefined) return this.outcomes.unknown({ job, head, body }, this.unknownError(head));
      const reply = this.trace({ job, task, head, body }, control, startedMs);
      return reply instanceof Promise
        ? reply.catch((error: unknown) => this.failedInEngine({ job, head, body }, error))
        : reply;
    } catch (error) {
      return this.failedInEngine({ job, head, body }, error);
    }
  }

  private failedInEngine(read: Pick<ReadJob, 'job' | 'head' | 'body'>, error: unknown): TaskReply {
    const { task, id } = read.head;
    this.setup.log.error(`Task ${task}[${id}] failed in the engine: ${toOneLine(error)}`);
    if (this.signals.taskInternalError.isObserved) this.signals.taskInternalError.emit({ task, id, error });
    return this.outcomes.unknown(read, error);
  }

  private trace(read: ReadJob, control: RunControl, startedMs: number): TaskReply | Promise<TaskReply> {
    const { propagators = [] } = this.setup;
    const run = new TaskRun(read, this.surroundings, control, startedMs);
    const body = (): TaskReply | Promise<TaskReply> => TaskContext.run(run.context, () => this.runToReply(run));
    return propagators.length === 0 ? body() : runPropagated(propagators, read.head.headers, body);
  }

  /** Waits for nothing that is there already: promises are most of what a small task costs. */
  private runToReply(run: TaskRun): TaskReply | Promise<TaskReply> {
    const { hooks, options } = run.task;
    const { verdict } = run.job;
    if (verdict !== undefined) {
      const error = fromWireError(exceptionMap(verdict), verdict.traceback ?? null, this.setup.errors);
      return this.outcomes.failed(run, error, verdict);
    }
    if (hooks.beforeStart !== undefined || options.schema.length > 0) return this.prepareAndCall(run);
    let bound: unknown[];
    try {
      bound = this.bind(run);
    } catch (thrown) {
      return this.threw(run, thrown, false);
    }
    return this.call(run, bound);
  }

  private async prepareAndCall(run: TaskRun): Promise<TaskReply> {
    let bound: unknown[];
    try {
      if (run.task.hooks.beforeStart !== undefined) await runStartHooks(run);
      bound = await validateBoundArguments(run.task, this.bind(run));
    } catch (thrown) {
      return this.threw(run, thrown, false);
    }
    return this.call(run, bound);
  }

  /** What the body is called with; everything between a message and its body that needs no waiting. */
  private bind(run: TaskRun): unknown[] {
    const { task, head, body, context } = run;
    if (body.chord !== undefined && !this.joinsChords) throw new ChordsNotSupportedError();
    const bound = bindArguments(task, body.args, body.kwargs, senderIn(head.lang), context);
    if (task.options.trackStarted) void run.store(this.surroundings.records.started(run));
    if (this.signals.taskPrerun.isObserved) this.signals.taskPrerun.emit({ task: head.task, id: head.id, context });
    return bound;
  }

  private call(run: TaskRun, bound: unknown[]): TaskReply | Promise<TaskReply> {
    let returned: unknown;
    try {
      run.begin();
      returned = run.task.invoke(bound, run.context);
    } catch (thrown) {
      return this.threw(run, thrown, true);
    }
    if (!isPlain(returned) || run.task.options.resultSchema !== undefined) return this.awaitResult(run, returned);
    run.end();
    return this.outcomes.returned(run, returned);
  }

  private async awaitResult(run: TaskRun, returned: unknown): Promise<TaskReply> {
    const { name, options } = run.task;
    let result: unknown;
    try {
      result = await returned;
      if (isObservable(result)) result = await lastValueFrom(result, { defaultValue: undefined });
      if (options.resultSchema !== undefined) result = await validateResult(name, options.resultSchema, result);
    } catch (thrown) {
      return this.threw(run, thrown, true);
    }
    run.end();
    return this.outcomes.returned(run, result);
  }

  private threw(run: TaskRun, thrown: unknown, isBody: boolean): TaskReply | Promise<TaskReply> {
    run.end();
    return this.outcomes.threw(run, run.explain(isBody ? thrown : explainArguments(run, thrown)), isBody);
  }

  private unknownError(head: TaskHead): NotRegistered {
    return new NotRegistered(head.task, this.setup.tasks.nearest(head.task));
  }
}

function isPlain(returned: unknown): boolean {
  return typeof returned !== 'object' || returned === null || !('then' in returned || 'subscribe' in returned);
}
