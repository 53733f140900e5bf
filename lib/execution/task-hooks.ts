import type { TaskHookEvent, TaskHookName } from '../tasks/index.js';
import type { TaskRun } from './task-run.js';
import { toOneLine } from './thrown.js';

/** How a run ended, for hooks. */
export type HookOutcome = Omit<TaskHookEvent, 'context'>;

/** Runs the hooks that follow a run, one after the other; one that throws is told and changes nothing. */
export async function runEndHooks(
  run: TaskRun,
  name: Exclude<TaskHookName, 'beforeStart' | 'afterReturn'>,
  outcome: HookOutcome,
  tell: (message: string) => void,
): Promise<void> {
  const { hooks } = run.task;
  const event: TaskHookEvent = { context: run.context, ...outcome };
  for (const each of [name, 'afterReturn'] as const) {
    for (const hook of hooks[each] ?? []) {
      try {
        await hook(event);
      } catch (error) {
        tell(
          `Hook ${each} of task "${run.task.name}" (${run.task.location}) threw, which changes nothing for the task: ${toOneLine(error)}`,
        );
      }
    }
  }
}

/** Whether there are any. */
export function hasEndHooks({ task }: TaskRun, name: TaskHookName): boolean {
  return task.hooks[name] !== undefined || task.hooks.afterReturn !== undefined;
}

/** Runs the hooks before the body. @throws what a hook throws: the body does not run then, and the task has failed */
export async function runStartHooks({ task, context }: TaskRun): Promise<void> {
  const event: TaskHookEvent = { context, state: 'STARTED', result: undefined, error: undefined };
  for (const hook of task.hooks.beforeStart ?? []) await hook(event);
}
