import {
  chain,
  chord,
  chunks,
  group,
  GroupResult,
  map,
  RemoteTaskError,
  signature,
  starmap,
  type Signature,
  type ResultNode,
  type ResultTuple,
} from 'nest-task-queue';
import type { PythonApplied, PythonSignature, PythonWorkflow } from '../../tools/python-driver.js';
import type { CeleryRig } from './celery-rig.js';

/** A task that a Python worker runs. */
export function py(name: string, ...args: readonly unknown[]): PythonSignature {
  return { name: `interop.${name}`, args, options: { queue: 'celery' } };
}

/** A task that a Nest worker runs. */
export function nest(name: string, ...args: readonly unknown[]): PythonSignature {
  return { name: `nest.${name}`, args, options: { queue: 'nest' } };
}

/** What became of a task, as either side reads it. */
export interface Outcome {
  readonly state: string;
  /** Of an error the name of its Python class and its arguments. */
  readonly result: unknown;
}

/** How one side sends workflows and reads what became of them. */
export interface WorkflowClient {
  /** @param queue of a map, a starmap or chunks */
  send(
    workflow: PythonWorkflow,
    options?: { readonly queue?: string; readonly save?: boolean },
  ): Promise<PythonApplied>;
  /** Waits for the end of a task. */
  outcome(id: string): Promise<Outcome>;
  /** What the members of a group have returned that was saved. */
  restored(id: string): Promise<unknown>;
}

const withinS = 20;

/** Both sides by their names. */
export function workflowClients(rig: CeleryRig): Readonly<Record<'nest' | 'python', WorkflowClient>> {
  return { nest: nestClient(rig), python: pythonClient(rig) };
}

function pythonClient({ python }: CeleryRig): WorkflowClient {
  return {
    send: (workflow, { queue, save = false } = {}) =>
      python.apply(workflow, { save, ...(queue !== undefined && { options: { queue } }) }),
    async outcome(id) {
      const { state, result } = await python.get(id, withinS);
      if (state === 'SUCCESS') return { state, result };
      const { value } = result as { readonly value: { readonly class: string; readonly args: readonly unknown[] } };
      return { state, result: { type: value.class, args: value.args } };
    },
    restored: (id) => python.members(id, withinS),
  };
}

function nestClient({ nest: client }: CeleryRig): WorkflowClient {
  return {
    async send(workflow, { queue, save = false } = {}) {
      const made = asNest(workflow);
      const result: ResultNode = await client.apply(queue === undefined ? made : made.set({ queue }));
      if (save && result instanceof GroupResult) await result.save();
      return applied(result.toTuple());
    },
    async outcome(id) {
      const result = client.result(id);
      const value = await result.get({ timeout: `${withinS}s`, propagate: false });
      return { state: await result.state(), result: value instanceof Error ? describeError(value) : value };
    },
    async restored(id) {
      return (await client.restoreGroup(id))?.get({ timeout: `${withinS}s` });
    },
  };
}

/** Anything goes with anything here: what a workflow gives is what is tested. */
type Loose = Signature<readonly unknown[], unknown>;

/** The workflow as a Nest application builds it. */
export function asNest(workflow: PythonWorkflow): Loose {
  let made = bare(workflow);
  for (const errback of workflow.link_error ?? []) made = made.linkError(asNest(errback));
  return workflow.stamps === undefined ? made : made.stamp(workflow.stamps);
}

function bare(workflow: PythonWorkflow): Loose {
  if ('chain' in workflow) return chain(...(workflow.chain.map(asNest) as [Loose, Loose])) as Loose;
  if ('group' in workflow) return group(workflow.group.map(asNest)) as Loose;
  if ('chord' in workflow) return chord(workflow.chord.map(asNest), asNest(workflow.body)) as Loose;
  if ('map' in workflow) return map(mapped(workflow.map), workflow.it) as Loose;
  if ('starmap' in workflow) return starmap(mapped(workflow.starmap), workflow.it) as Loose;
  if ('chunks' in workflow) return chunks(mapped(workflow.chunks), workflow.it, workflow.n) as Loose;
  const { name, args = [], kwargs = {}, options = {}, immutable = false } = workflow;
  const made = signature(name, args, { kwargs, options });
  return immutable ? made.setImmutable(true) : made;
}

/** What is mapped is a task and nothing more: workers leave out what else it says. */
function mapped(workflow: PythonWorkflow): Loose {
  if (!('name' in workflow)) throw new TypeError('only a task can be mapped');
  return signature(workflow.name);
}

function applied([[id, parent], members]: ResultTuple): PythonApplied {
  return {
    id,
    parent: parent === null ? null : applied(parent),
    ...(members !== null && { members: members.map(applied) }),
  };
}

function describeError(error: Error): unknown {
  if (error instanceof RemoteTaskError) return { type: error.excType, args: error.excArgs };
  return { type: error.constructor.name, args: [error.message] };
}
