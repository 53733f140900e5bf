import { isObservable, lastValueFrom } from 'rxjs';
import { InvalidTaskError, NotRegistered } from '../../errors/index.js';
import type { ResolvedTasksOptions } from '../../options/index.js';
import { parseSignature, type SignatureMap } from '../../protocol/index.js';
import {
  bindArguments,
  resolveTaskOptions,
  senderIn,
  validateBoundArguments,
  validateResult,
  type RunnableTask,
  type TaskContext,
  type TaskOptions,
  type TaskParameter,
} from '../../tasks/index.js';
import { GRAPH_FAILED, GRAPH_NEXT, GRAPH_PART } from '../../client/index.js';
import { endLateChord, type ChordFacts } from './chord-late.js';
import { breakOff, breakPart, goOn } from './graph-tasks.js';
import { unlockChord, type StoredResults } from './unlock-chord.js';

/** What Celery's built-in tasks need of the application they run in. */
export interface BuiltinTasksSetup {
  readonly defaults: ResolvedTasksOptions;
  /** A task of this process by its name. */
  readonly find: (name: string) => RunnableTask | undefined;
  /** Sends a workflow; resolves with the ids of its result. */
  readonly apply: (map: SignatureMap) => Promise<unknown>;
  readonly results: StoredResults;
  readonly chords: ChordFacts;
  /** Deletes expired results; resolves with how many. */
  readonly cleanup: () => Promise<number>;
}

/** Ours alone: what a worker sends when a chord has not ended in time. */
export const CHORD_DEADLINE = 'celery.chord_deadline';

type Body = (context: TaskContext, args: readonly unknown[]) => unknown;

const context: TaskParameter = { kind: 'context' };
const sent = (name: string, optional = false): TaskParameter => ({ kind: 'sent', name, optional });

/**
 * Tasks that every worker of Celery has, and that its clients send.
 * @source celery/app/builtins.py
 */
export function builtinTasks(setup: BuiltinTasksSetup): readonly RunnableTask[] {
  return [...mappingTasks(setup), ...workflowTasks(setup)];
}

type MakeTask = (name: string, parameters: readonly TaskParameter[], body: Body, options?: TaskOptions) => RunnableTask;

function makerOf({ defaults }: BuiltinTasksSetup): MakeTask {
  return (name, parameters, body, options = {}) => ({
    name,
    location: `built-in task ${name}`,
    options: resolveTaskOptions({ name, ...options }, {}, defaults, name),
    parameters: [context, ...parameters],
    hooks: {},
    invoke: (args, run) => body(run, args.slice(1)),
  });
}

/** Those that compute. */
function mappingTasks(setup: BuiltinTasksSetup): readonly RunnableTask[] {
  const task = makerOf(setup);
  const mapped =
    (spread: boolean): Body =>
    (run, [signature, items]) =>
      callEach(setup, run, signature, items, spread);
  return [
    task('celery.accumulate', [{ kind: 'kwargs' }, { kind: 'rest', name: 'args' }], (_run, [kwargs, ...args]) => {
      const { index = null } = kwargs as { readonly index?: number | null };
      return index === null ? args : args[index];
    }),
    task('celery.map', [sent('task'), sent('it')], mapped(false)),
    task('celery.starmap', [sent('task'), sent('it')], mapped(true)),
    task('celery.chunks', [sent('task'), sent('it'), sent('n')], async (run, [signature, items, size]) => {
      const chunks: unknown[] = [];
      for (const chunk of chunksOf(listOf(items, 'it'), size)) {
        chunks.push(await callEach(setup, run, signature, chunk, true));
      }
      return chunks;
    }),
  ];
}

/** Those that send, join and clean up. */
function workflowTasks(setup: BuiltinTasksSetup): readonly RunnableTask[] {
  const task = makerOf(setup);
  return [
    task(
      'celery.group',
      [sent('tasks'), sent('result', true), sent('group_id', true), sent('partial_args', true)],
      async (_run, [tasks, result, groupId, partial]) => {
        await setup.apply(groupOf(listOf(tasks, 'tasks'), groupId, listOf(partial ?? [], 'partial_args')));
        return result ?? null;
      },
    ),
    task('celery.chain', [{ kind: 'kwargs' }, { kind: 'rest', name: 'args' }], () => {
      throw new InvalidTaskError('chain is not a real task: it is sent as its first step, with the others in it.');
    }),
    task(
      'celery.chord',
      [sent('header'), sent('body'), sent('partial_args', true), { kind: 'kwargs' }],
      (run, [header, body, partial]) => {
        const tasks = Array.isArray(header) ? header : (parseSignature(header, 'header').kwargs?.['tasks'] ?? []);
        const group = groupOf(listOf(tasks, 'header'), undefined, listOf(partial ?? [], 'partial_args'));
        const kwargs = { kwargs: {}, header: group, body: parseSignature(body, 'body') };
        return run.replace({ toMap: () => ({ task: 'celery.chord', kwargs, subtask_type: 'chord' }) });
      },
    ),
    task(
      'celery.chord_unlock',
      [
        sent('group_id'),
        sent('callback'),
        sent('interval', true),
        sent('max_retries', true),
        sent('result', true),
        { kind: 'kwargs' },
      ],
      (run, args) => unlockChord(run, args, setup.results),
      { ignoreResult: true, maxRetries: null },
    ),
    task(CHORD_DEADLINE, [], (run) => endLateChord(run, setup.chords), { ignoreResult: true }),
    ...graphTasks(setup),
    task('celery.backend_cleanup', [], async () => {
      await setup.cleanup();
    }),
  ];
}

/** Those by which a graph goes on where its tasks are run by others, or fail. */
function graphTasks(setup: BuiltinTasksSetup): readonly RunnableTask[] {
  const task = makerOf(setup);
  const options: TaskOptions = { ignoreResult: true };
  const rest: TaskParameter = { kind: 'kwargs' };
  return [
    task(GRAPH_NEXT, [sent('result'), rest], goOn, options),
    task(GRAPH_FAILED, [sent('task_id'), rest], (_run, args) => breakOff(args, setup.results), {
      ...options,
      autoretryFor: [Error],
      retryBackoff: true,
      maxRetries: 10,
    }),
    task(GRAPH_PART, [sent('task_id'), sent('state'), sent('error')], (_run, args) => breakPart(args), options),
  ];
}

/** Calls a task of this process with each item, one after the other, in the run of the one that does so. */
async function callEach(
  { find }: BuiltinTasksSetup,
  run: TaskContext,
  signature: unknown,
  items: unknown,
  spread: boolean,
): Promise<readonly unknown[]> {
  const { task: name } = parseSignature(signature, 'task');
  const task = find(name);
  if (task === undefined) throw new NotRegistered(name);
  const results: unknown[] = [];
  for (const item of listOf(items, 'it')) {
    const args = spread ? listOf(item, 'an item of "it"') : [item];
    results.push(await callAs(run, task, args));
  }
  return results;
}

/** As if the arguments had been sent for that task by whom the run was sent. */
async function callAs(run: TaskContext, task: RunnableTask, args: readonly unknown[]): Promise<unknown> {
  const bound = bindArguments(task, args, {}, senderIn(run.request.lang), run);
  const returned: unknown = await task.invoke(await validateBoundArguments(task, bound), run);
  const result: unknown = isObservable(returned)
    ? await lastValueFrom(returned, { defaultValue: undefined })
    : returned;
  return validateResult(task.name, task.options.resultSchema, result);
}

function groupOf(tasks: readonly unknown[], groupId: unknown, partial: readonly unknown[]): SignatureMap {
  const members = tasks.map((each, index) => {
    const member = parseSignature(each, `tasks[${index}]`);
    return member.immutable === true ? member : { ...member, args: [...partial, ...(member.args ?? [])] };
  });
  const options = typeof groupId === 'string' ? { task_id: groupId } : {};
  return { task: 'celery.group', kwargs: { tasks: members }, options, subtask_type: 'group' };
}

function chunksOf(items: readonly unknown[], size: unknown): readonly (readonly unknown[])[] {
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
    throw new InvalidTaskError(`celery.chunks got "n" ${JSON.stringify(size)}; it has to be a whole number from 1.`);
  }
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_none, index) => items.slice(index * size, (index + 1) * size));
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidTaskError(`Expected "${name}" to be a list, got ${JSON.stringify(value) ?? String(value)}.`);
}
