import { type ContextPropagator, type MessageFactory, type SendRequest } from '../../../lib/client/index.js';
import {
  TaskRegistry,
  TaskTracer,
  type TaskJob,
  type TaskReply,
  type TaskTracerSetup,
} from '../../../lib/execution/index.js';
import { OutgoingEnvelope, type OutgoingMessage } from '../../../lib/protocol/index.js';
import { Serialization } from '../../../lib/serialization/index.js';
import type { RunnableTask, TaskContext, TaskParameter } from '../../../lib/tasks/index.js';
import { VirtualClock } from '../../../lib/time/index.js';
import { define, FakeBackend, setupFactory } from '../client/fakes.js';

type Body = (context: TaskContext, ...args: never[]) => unknown;

/** A task whose body gets its context first, then what was sent. */
export function runnable(
  name: string,
  body: Body,
  {
    hooks = {},
    params = [],
    ...options
  }: Parameters<typeof define>[1] & { readonly hooks?: RunnableTask['hooks'] } = {},
): RunnableTask {
  const context: TaskParameter = { kind: 'context' };
  const definition = define(name, { ...options, params: [context, ...params] });
  return { ...definition, hooks, invoke: (args) => (body as (...given: unknown[]) => unknown)(...args) };
}

export interface TracerRig {
  readonly tracer: TaskTracer;
  readonly backend: FakeBackend;
  readonly clock: VirtualClock;
  readonly messages: MessageFactory;
  readonly logged: string[];
  /** Sends a task to the tracer, as a worker does. */
  run(
    request: Partial<SendRequest> & { readonly task?: string },
    more?: Partial<TaskJob>,
    signal?: AbortSignal,
  ): Promise<TaskReply>;
}

export function setupTracer(
  tasks: readonly RunnableTask[],
  given: Partial<TaskTracerSetup> & { readonly propagators?: readonly ContextPropagator[] } = {},
): TracerRig {
  const clock = new VirtualClock();
  const backend = new FakeBackend();
  const registry = new TaskRegistry(tasks);
  const catalog = { get: (name: string) => registry.get(name), find: () => undefined, names: () => registry.names() };
  const messages = setupFactory({
    clock,
    catalog,
    propagators: given.propagators ?? [],
    ...(given.serialization !== undefined && { serialization: given.serialization }),
  });
  const logged: string[] = [];
  const log = { warn: (line: string) => void logged.push(line), error: (line: string) => void logged.push(line) };
  const tracer = new TaskTracer({
    tasks: registry,
    messages,
    serialization: new Serialization(),
    backend,
    results: { extended: false },
    hostname: 'w1@host',
    clock,
    log,
    ...given,
  });
  return {
    tracer,
    backend,
    clock,
    messages,
    logged,
    run: async (request, more, signal = new AbortController().signal) => {
      const [first] = tasks;
      const message = messages.create({ task: first?.name ?? 'a', args: [], kwargs: {}, id: 'id-1', ...request });
      return tracer.run(jobOf(message, more), { signal });
    },
  };
}

export function jobOf(message: OutgoingMessage, more: Partial<TaskJob> = {}): TaskJob {
  return { message: new OutgoingEnvelope(message, 'tag'), queue: message.queue, redelivered: false, ...more };
}

/** What a reply stores, decoded. */
export function stored(reply: TaskReply): { readonly status: string; readonly result: unknown }[] {
  return reply.records.map(({ status, result }) => ({ status, result: JSON.parse(result) as unknown }));
}
