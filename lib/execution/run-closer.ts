import type { ExecutionSignals } from './execution-signals.js';
import { exceptionRepr } from '../protocol/index.js';
import { completeReply, type ReplyParts } from './complete-reply.js';
import { hasEndHooks, runEndHooks, type HookOutcome } from './task-hooks.js';
import type { StoredError } from './result-records.js';
import type { ShownOutcome, TaskReply } from './task-reply.js';
import type { TaskRun } from './task-run.js';

/** Ends a run: tells its hooks and who listens, and waits for what it still stores. */
export class RunCloser {
  constructor(
    private readonly signals: ExecutionSignals,
    private readonly log: { error(message: string): void },
  ) {}

  /** @param hook told of the outcome; `undefined` for one that no hook is told of */
  conclude(
    run: TaskRun,
    hook: 'onSuccess' | 'onFailure' | 'onRetry' | undefined,
    outcome: HookOutcome,
    reply: ReplyParts,
  ): TaskReply | Promise<TaskReply> {
    if (hook === undefined || !hasEndHooks(run, hook)) return this.close(run, outcome, reply);
    const told = runEndHooks(run, hook, outcome, (message) => this.log.error(message));
    return told.then(() => this.close(run, outcome, reply));
  }

  private close(run: TaskRun, outcome: HookOutcome, reply: ReplyParts): TaskReply | Promise<TaskReply> {
    const { taskPostrun } = this.signals;
    if (taskPostrun.isObserved) {
      taskPostrun.emit({ ...subjectOf(run), state: outcome.state, result: outcome.result });
    }
    const writing = run.closeStates();
    return writing === undefined
      ? completeReply(reply, run.runtimeMs)
      : writing.then(() => completeReply(reply, run.runtimeMs));
  }
}

/** A run as signals name it. */
export function subjectOf({ head, context }: TaskRun) {
  return { task: head.task, id: head.id, context };
}

/** What monitors are shown of a failure. */
export function showError({ job }: TaskRun, stored: StoredError): ShownOutcome | undefined {
  return job.isShown === true
    ? { exception: exceptionRepr(stored), traceback: stored.traceback ?? undefined }
    : undefined;
}
