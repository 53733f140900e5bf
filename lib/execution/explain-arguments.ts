import { TaskArgumentsError } from '../errors/index.js';
import { bindArguments, senderIn } from '../tasks/index.js';
import type { ReadJob } from './task-run.js';
import { codeOf } from './thrown.js';

/** What a task was called with that does not take it: where it is the result of what comes before it in a workflow, the error says so, and what to do. */
export function explainArguments(read: Omit<ReadJob, 'job'>, thrown: unknown): unknown {
  const { task, head } = read;
  if (codeOf(thrown) !== 'TQ_TASK_ARGUMENTS' || head.parentId === undefined || !fitsWithoutFirst(read)) return thrown;
  const { problem } = thrown as TaskArgumentsError;
  return new TaskArgumentsError(
    task.name,
    `${problem}: ${roleOf(read)}; give its method a parameter for it, or send it immutable, by si() or setImmutable(true)`,
    { cause: thrown },
  );
}

function fitsWithoutFirst({ task, head, body }: Omit<ReadJob, 'job'>): boolean {
  if (body.args.length === 0) return false;
  try {
    bindArguments(task, body.args.slice(1), body.kwargs, senderIn(head.lang));
    return true;
  } catch {
    return false;
  }
}

/** The body of a chord bears the id of its header, and no place there. */
function roleOf({ head, body }: Omit<ReadJob, 'job'>): string {
  return head.groupId !== undefined && head.groupIndex === undefined && body.chord === undefined
    ? `as the body of chord ${head.groupId}, it was called with the results of the header first`
    : 'where it follows another task in a workflow, it is called with the result of that one first';
}
