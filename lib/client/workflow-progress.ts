import { Observable, type Subscriber } from 'rxjs';
import type { ResultTuple, TaskMeta } from '../protocol/index.js';
import { oncePerTurn } from './once-per-turn.js';
import type { ResultListener } from './result-listener.js';
import type { IgnoredTasks, ResultReader } from './result-reader.js';
import { isReadyState } from './result-states.js';
import { WorkflowTree } from './workflow-tree.js';

/** How far all tasks of a workflow have come that are known. */
export interface WorkflowProgress {
  /** Grows with the tasks that tasks send. */
  readonly total: number;
  /** Those that have ended: succeeded, failed or were revoked. One that follows a task which did not succeed never runs, and ends with it. */
  readonly done: number;
  /** Those of `done` that did not succeed. */
  readonly failed: number;
  /** How many tasks are in which state. */
  readonly states: Readonly<Record<string, number>>;
}

/**
 * How far a workflow has come: what is stored at first, then what changes, told once in each turn of the event loop. Completes when all that is known of
 * it has ended.
 */
export function workflowProgress(
  { store }: ResultReader,
  root: ResultTuple,
  ignored?: IgnoredTasks,
): Observable<WorkflowProgress> {
  return new Observable<WorkflowProgress>((subscriber) => {
    const watch = new WorkflowWatch(subscriber, store, ignored);
    watch.add(root);
    return () => watch.close();
  });
}

interface Step {
  /** `undefined` until it is known. */
  state: string | undefined;
  hasEnded: boolean;
  /** What is before it did not succeed, and what is after it knows. */
  isBlocked: boolean;
  /** What can only run after it. */
  readonly next: string[];
}

class WorkflowWatch implements ResultListener {
  private readonly tree = new WorkflowTree();
  private readonly steps = new Map<string, Step>();
  private readonly states = new Map<string, number>();
  private edges = 0;
  private total = 0;
  private unknown = 0;
  private done = 0;
  private failed = 0;
  private readonly tellSoon = oncePerTurn(() => this.tell());

  constructor(
    private readonly subscriber: Subscriber<WorkflowProgress>,
    private readonly store: ResultReader['store'],
    private readonly ignored: IgnoredTasks | undefined,
  ) {}

  add(tuple: ResultTuple, sender?: string): void {
    const fresh = this.tree.add(tuple, sender).filter((id) => !this.ignored?.has(id));
    for (; this.edges < this.tree.edges.length; this.edges++) {
      const edge = this.tree.edges[this.edges];
      if (edge !== undefined && edge.link !== 'sent') this.step(edge.from).next.push(edge.to);
    }
    this.total += fresh.length;
    this.unknown += fresh.length;
    if (fresh.length > 0) this.store.follow(fresh, this);
    else this.tellSoon();
  }

  next(taskId: string, meta: TaskMeta | undefined): void {
    const step = this.step(taskId);
    if (step.hasEnded) return;
    const state = meta?.status ?? 'PENDING';
    if (state === 'PENDING' && step.state !== undefined) return; // what is fetched may be older than what was told meanwhile
    for (const child of meta?.children ?? []) this.add(child, taskId);
    this.enter(step, state);
    if (isReadyState(state)) this.end(taskId, step, state);
    this.tellSoon();
  }

  fail(_taskId: string, error: unknown): void {
    this.subscriber.error(error);
  }

  close(): void {
    this.store.leave(this.tree.tasks, this);
  }

  private step(id: string): Step {
    let step = this.steps.get(id);
    if (step === undefined)
      this.steps.set(id, (step = { state: undefined, hasEnded: false, isBlocked: false, next: [] }));
    return step;
  }

  private enter(step: Step, state: string): void {
    if (step.state === undefined) this.unknown -= 1;
    else this.states.set(step.state, (this.states.get(step.state) ?? 0) - 1);
    this.states.set(state, (this.states.get(state) ?? 0) + 1);
    step.state = state;
  }

  private end(id: string, step: Step, state: string): void {
    step.hasEnded = true;
    this.done += 1;
    this.store.leave([id], this);
    if (state === 'SUCCESS') return;
    this.failed += 1;
    this.block(step, state);
  }

  private block(first: Step, state: string): void {
    const after = [...first.next];
    for (let id = after.pop(); id !== undefined; id = after.pop()) {
      const step = this.step(id);
      if (step.isBlocked) continue;
      step.isBlocked = true;
      for (const next of step.next) after.push(next);
      if (step.hasEnded || !this.tree.tasks.has(id) || this.ignored?.has(id)) continue;
      this.enter(step, state);
      step.hasEnded = true;
      this.done += 1;
      this.failed += 1;
      this.store.leave([id], this);
    }
  }

  private tell(): void {
    const { subscriber, total, done, failed } = this;
    if (subscriber.closed || this.unknown > 0) return;
    const states = Object.fromEntries([...this.states].filter(([, count]) => count > 0));
    subscriber.next({ total, done, failed, states });
    if (done === total) subscriber.complete();
  }
}
