import { composeWorkflow, tasksOf } from '../client/index.js';
import { EncodeError } from '../errors/index.js';
import {
  exceptionMap,
  fromWireError,
  taskResultTuple,
  toWireError,
  type OutgoingMessage,
  type ResultRecord,
  type ResultTuple,
  type SignatureMap,
  type TaskBody,
  type TaskHead,
  type WireError,
} from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import type { TaskContext } from '../tasks/index.js';
import type { Clock } from '../time/index.js';

export interface ResultRecordsSetup {
  readonly serialization: Serialization;
  /** Whether the task's name, arguments, worker, retries and queue are stored with each result. */
  readonly extended: boolean;
  readonly hostname: string;
  readonly clock: Clock;
}

/** What a record says of the run it is about. */
export interface RecordSubject {
  readonly head: TaskHead;
  readonly body: Pick<TaskBody, 'args' | 'kwargs'>;
  readonly context: TaskContext | undefined;
  readonly job: { readonly queue: string };
}

type UnrunState = 'FAILURE' | 'REVOKED';

/** A task of a workflow, as far as its signature tells. */
export interface UnrunTask {
  readonly id: string;
  readonly map: SignatureMap;
}

/** An error in the form results carry, and its stack. */
export type StoredError = WireError & { readonly traceback?: string | null };

/** Makes the states that are stored, values encoded. @source celery/backends/base.py `_get_result_meta` */
export class ResultRecords {
  constructor(private readonly setup: ResultRecordsSetup) {}

  /** JSON text of a value. @throws {EncodeError} naming the place of what cannot be written */
  encode(value: unknown): string {
    const { body } = this.setup.serialization.encode('json', value);
    return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  }

  /** JSON text of what a task returned. @throws {EncodeError} that says that it is the result, not an argument, which cannot be sent */
  encodeResult(task: string, result: unknown): string {
    try {
      return this.encode(result);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      throw new EncodeError(`Task "${task}" returned what cannot be stored: ${error.message}`, error.path);
    }
  }

  /** @throws {DecodeError} when it is no JSON */
  decode(json: string): unknown {
    return this.setup.serialization.decode({ body: json, contentType: 'application/json', contentEncoding: 'utf-8' });
  }

  /** The error that a stored failure tells of. Never throws. */
  storedErrorOf(json: string): StoredError {
    const error = toWireError(fromWireError(this.decode(json), null));
    return { ...error, traceback: null };
  }

  /** What was thrown, in the form results carry. Never throws. */
  errorOf(thrown: unknown): StoredError {
    return toWireError(thrown, (value) => this.encode(value));
  }

  /** @param resultJson what the task returned, encoded */
  success(subject: RecordSubject, resultJson: string, successors: readonly OutgoingMessage[]): ResultRecord {
    return this.make(subject, 'SUCCESS', resultJson, null, successors, this.setup.clock.now());
  }

  failure(subject: RecordSubject, error: StoredError, successors: readonly OutgoingMessage[]): ResultRecord {
    return this.make(
      subject,
      'FAILURE',
      this.encode(exceptionMap(error)),
      error.traceback ?? null,
      successors,
      this.setup.clock.now(),
    );
  }

  /** The failure of a task of whose message only the head can be read; none where nobody wants it. */
  unreadable(read: Pick<RecordSubject, 'head' | 'job'>, error: unknown): readonly ResultRecord[] {
    if (read.head.ignoreResult === true) return [];
    const subject = { ...read, body: { args: [], kwargs: {} }, context: undefined };
    return [this.failure(subject, this.errorOf(error), [])];
  }

  retry(subject: RecordSubject, error: StoredError): ResultRecord {
    return this.make(subject, 'RETRY', this.encode(exceptionMap(error)), error.traceback ?? null, [], undefined);
  }

  started(subject: RecordSubject): ResultRecord {
    const where = this.encode({ pid: process.pid, hostname: this.setup.hostname });
    return this.make(subject, 'STARTED', where, null, [], undefined);
  }

  progress(subject: RecordSubject, state: string, meta: unknown): ResultRecord {
    return this.make(subject, state, this.encode(meta), null, [], undefined);
  }

  /**
   * A failure is also that of the steps of its chain that will never run, as far as they have ids to wait for.
   * @source celery/backends/base.py `mark_as_failure`
   */
  failureOfChain(
    chain: readonly SignatureMap[],
    error: StoredError,
    status: UnrunState = 'FAILURE',
  ): readonly ResultRecord[] {
    if (chain.length === 0) return [];
    return this.failureOfUnrun(
      chain.flatMap((step) => tasksOf(composeWorkflow(step))),
      error,
      status,
    );
  }

  /** The failure of tasks that will never run, of those that had ids before. */
  failureOfUnrun(
    tasks: readonly UnrunTask[],
    error: StoredError,
    status: UnrunState = 'FAILURE',
  ): readonly ResultRecord[] {
    const result = this.encode(exceptionMap(error));
    const dateDoneMs = this.setup.clock.now();
    return tasks
      .filter(({ id, map }) => map.options?.['task_id'] === id)
      .map(({ id, map }) => ({
        taskId: id,
        status,
        result,
        traceback: status === 'REVOKED' ? null : (error.traceback ?? null),
        children: [],
        dateDoneMs,
        groupId: textOf(map.options?.['group_id']),
        parentId: textOf(map.options?.['parent_id']),
        extended: undefined,
      }));
  }

  private make(
    subject: RecordSubject,
    status: string,
    result: string,
    traceback: string | null,
    successors: readonly OutgoingMessage[],
    dateDoneMs: number | undefined,
  ): ResultRecord {
    const { head, context } = subject;
    const sent = context?.sentResults ?? [];
    return {
      taskId: head.id,
      status,
      result,
      traceback,
      children: sent.length + successors.length === 0 ? [] : [...sent, ...successors.map(({ id }) => id)].map(tupleOf),
      dateDoneMs,
      groupId: head.groupId,
      parentId: head.parentId,
      extended: this.setup.extended ? this.extendedOf(subject) : undefined,
    };
  }

  private extendedOf({ head, body, job }: RecordSubject) {
    return {
      name: head.task,
      args: this.encode(body.args),
      kwargs: this.encode(body.kwargs),
      worker: this.setup.hostname,
      retries: head.retries,
      queue: head.routingKey || job.queue,
    };
  }
}

function tupleOf(child: string | ResultTuple): ResultTuple {
  return typeof child === 'string' ? taskResultTuple(child) : child;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
