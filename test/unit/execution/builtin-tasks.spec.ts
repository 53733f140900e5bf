import { describe, expect, it } from 'vitest';
import { builtinTasks, type TaskReply } from '../../../lib/execution/index.js';
import { resolveTasksOptions } from '../../../lib/options/index.js';
import { OutgoingEnvelope } from '../../../lib/protocol/index.js';
import type { RunnableTask, StandardSchema } from '../../../lib/tasks/index.js';
import { runnable, setupTracer, stored, type TracerRig } from './rig.js';

const asDate: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'string' ? { value: new Date(value) } : { issues: [{ message: 'not a text' }] },
  },
};
/** As a method `note(id: string, text?: string)` is: the `?` is gone at run time. */
const note = runnable('note', (_context, id: string, text?: string) => `${id}:${text}`, {
  params: [
    { kind: 'sent', name: 'id', optional: false },
    { kind: 'sent', name: 'text', optional: false },
  ],
});
const year = runnable('year', (_context, day: Date) => day.getUTCFullYear(), {
  params: [{ kind: 'sent', name: 'day', optional: false }],
  schema: [asDate],
});
const refusing = runnable('refusing', () => 7, {
  params: [{ kind: 'sent', name: 'any', optional: true }],
  resultSchema: asDate,
});
const MAPPING = ['celery.map', 'celery.starmap', 'celery.chunks'] as const;

function withBuiltins(tasks: readonly RunnableTask[]): TracerRig {
  const find = (name: string): RunnableTask | undefined => tasks.find((task) => task.name === name);
  const unused = (): never => {
    throw new Error('not needed by what is tested here');
  };
  const builtins = builtinTasks({
    defaults: resolveTasksOptions({}),
    find,
    apply: unused,
    results: { fetch: unused, encode: unused },
    chords: { progress: unused, dropDeadline: unused },
    cleanup: unused,
  });
  return setupTracer([...tasks, ...builtins]);
}

/** A mapping task with one item, or one chunk with it. */
function mapOver(name: (typeof MAPPING)[number], task: string, args: readonly unknown[]) {
  const it = [name === 'celery.map' ? args[0] : args];
  return { task: name, args: [], kwargs: { task: { task }, it, ...(name === 'celery.chunks' && { n: 1 }) } };
}

const only = (reply: TaskReply): unknown => stored(reply)[0];
const listed = (name: string, result: unknown): unknown => (name === 'celery.chunks' ? [[result]] : [result]);

describe.each(MAPPING)('%s', (name) => {
  it('calls a task without what its caller could leave out, as a call of that task may', async () => {
    const rig = withBuiltins([note]);

    const reply = await rig.run(mapOver(name, 'note', ['a']));

    expect(only(reply)).toEqual({ status: 'SUCCESS', result: listed(name, 'a:undefined') });
  });

  it('refuses a missing argument where Python sent it, as a call of that task is', async () => {
    const rig = withBuiltins([note]);
    const message = rig.messages.create(mapOver(name, 'note', ['a']));
    const fromPython = { ...message, headers: message.headers.replace('"lang": "js"', '"lang": "py"') };

    const reply = await rig.tracer.run(
      { message: new OutgoingEnvelope(fromPython, 'tag'), queue: 'celery', redelivered: false },
      { signal: new AbortController().signal },
    );

    expect(reply.error).toContain('missing 1 required argument: "text"');
  });

  it('hands over what the schema of the task makes of each item', async () => {
    const rig = withBuiltins([year]);

    const reply = await rig.run(mapOver(name, 'year', ['2020-05-01']));

    expect(only(reply)).toEqual({ status: 'SUCCESS', result: listed(name, 2020) });
  });

  it('fails for a result that the schema of the task refuses', async () => {
    const rig = withBuiltins([refusing]);

    const reply = await rig.run(mapOver(name, 'refusing', ['x']));

    expect(reply.outcome).toBe('failure');
    expect(reply.error).toContain('The result of task "refusing" does not fit the schema');
  });
});
