import { isObservable, lastValueFrom } from 'rxjs';
import type { ResultBackend } from '../backends/index.js';
import { runPropagated, type ContextPropagator, type MessageFactory } from '../client/index.js';
import { InvalidTaskError, NotRegistered } from '../errors/index.js';
import type { ResolvedResultsOptions } from '../options/index.js';
import type { JobRunner, RunControl } from '../pools/index.js';
import {
  exceptionMap,
  fromWireError,
  readTaskMessage,
  type ErrorRegistry,
  type ResultRecord,
  type TaskBody,
  type TaskHead,
} from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import { bindArguments, TaskContext, validateBoundArguments, validateResult } from '../tasks/index.js';
import type { Clock } from '../time/index.js';
import { silentExecutionSignals, type ExecutionSignals } from './execution-signals.js';
import { OutcomeBuilder } from './outcome-builder.js';
import { ResultRecords } from './result-records.js';
import { StateWriter } from './state-writer.js';
import { runStartHooks } from './task-hooks.js';
import type { TaskRegistry } from './task-registry.js';
import type { TaskJob, TaskReply } from './task-reply.js';
import { TaskRun, type ReadJob } from './task-run.js';
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
  readonly backend: Pick<ResultBackend, 'storeResults'> | undefined;
  readonly results: Pick<ResolvedResultsOptions, 'extended'>;
  /** Node name of the worker. */
  readonly hostname: string;
  readonly clock: Clock;
  readonly log: ExecutionLog;
  readonly signals?: ExecutionSignals;
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
  private readonly records: ResultRecords;
  private readonly outcomes: OutcomeBuilder;
  private readonly signals: ExecutionSignals;

  constructor(private readonly setup: TaskTracerSetup) {
    const {
      serialization,
      results,
      hostname,
      clock,
      messages,
      log,
      signals = silentExecutionSignals,
      random = Math.random,
    } = setup;
    this.signals = signals;
    this.records = new ResultRecords({ serialization, extended: results.extended, hostname, clock });
    this.outcomes = new OutcomeBuilder({ records: this.records, messages, clock, log, signals, random });
  }

  /** Never rejects, whatever the message holds and the task does. */
  async run(job: TaskJob, control: RunControl): Promise<TaskReply> {
    const startedMs = this.setup.clock.monotonic();
    let head: TaskHead | undefined;
    let body: TaskBody;
    try {
      const message = readTaskMessage(job.message, (content) => this.setup.serialization.decode(content));
      head = message.head;
      body = message.body();
    } catch (error) {
      return this.outcomes.undecodable(error, this.setup.clock.monotonic() - startedMs);
    }
    try {
      const task = this.setup.tasks.get(head.task);
      if (task === undefined) return this.outcomes.unknown({ job, head, body }, this.unknownError(head));
      return await this.trace({ job, task, head, body }, control);
    } catch (error) {
      this.setup.log.error(`Task ${head.task}[${head.id}] failed in the engine: ${toOneLine(error)}`);
      if (this.signals.taskInternalError.isObserved) {
        this.signals.taskInternalError.emit({ task: head.task, id: head.id, error });
      }
      return this.outcomes.unknown({ job, head, body }, error);
    }
  }

  private trace(read: ReadJob, control: RunControl): Promise<TaskReply> {
    const { propagators = [], hostname, messages, clock } = this.setup;
    const run = new TaskRun(read, { hostname, messages, records: this.records, clock }, control, this.writerFor(read));
    const body = (): Promise<TaskReply> => TaskContext.run(run.context, () => this.runToReply(run));
    return propagators.length === 0 ? body() : runPropagated(propagators, read.head.headers, body);
  }

  private async runToReply(run: TaskRun): Promise<TaskReply> {
    const { verdict } = run.job;
    if (verdict !== undefined) {
      const error = fromWireError(exceptionMap(verdict), verdict.traceback ?? null, this.setup.errors);
      return this.outcomes.failed(run, error, verdict);
    }
    let isBody = false;
    let result: unknown;
    try {
      if (run.task.hooks.beforeStart !== undefined) await runStartHooks(run);
      const bound = await this.prepare(run);
      isBody = true;
      run.begin();
      const returned = run.task.invoke(bound, run.context);
      result = isPlain(returned) ? returned : await settle(returned);
      const { resultSchema } = run.task.options;
      if (resultSchema !== undefined) result = await validateResult(run.task.name, resultSchema, result);
    } catch (thrown) {
      run.end();
      return this.outcomes.threw(run, run.explain(thrown), isBody);
    }
    run.end();
    return this.outcomes.returned(run, result);
  }

  /** Everything between a message and its body. */
  private prepare(run: TaskRun): unknown[] | Promise<unknown[]> {
    const { task, head, body, context } = run;
    if (body.chord !== undefined) {
      throw new InvalidTaskError(
        `Task "${task.name}" is part of a chord, which this version cannot complete: its body would never run.`,
      );
    }
    const bound = bindArguments(task, body.args, body.kwargs, head.lang === 'js' ? 'checked' : 'unchecked', context);
    if (task.options.trackStarted) void run.store(this.records.started(run));
    if (this.signals.taskPrerun.isObserved) this.signals.taskPrerun.emit({ task: head.task, id: head.id, context });
    return task.options.schema.length === 0 ? bound : validateBoundArguments(task, bound);
  }

  private writerFor({ head, task }: ReadJob): StateWriter | undefined {
    const { backend, log } = this.setup;
    if (backend === undefined || (head.ignoreResult ?? task.options.ignoreResult)) return undefined;
    return new StateWriter(
      (records: readonly ResultRecord[]) => backend.storeResults(records),
      (message) => log.warn(message),
    );
  }

  private unknownError(head: TaskHead): NotRegistered {
    return new NotRegistered(head.task, this.setup.tasks.nearest(head.task));
  }
}

function isPlain(returned: unknown): boolean {
  return typeof returned !== 'object' || returned === null || !('then' in returned || 'subscribe' in returned);
}

/** Awaits a promise; of an Observable its last value. */
async function settle(returned: unknown): Promise<unknown> {
  const value = await returned;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}
