import { TaskArgumentsError } from '../../errors/index.js';
import { parseSignatures, type SignatureMap } from '../../protocol/index.js';
import { bindArguments, type TaskCatalog, type TaskDefinition } from '../../tasks/index.js';
import type { SendRequest } from '../send-request.js';
import { composeWorkflow } from './compose-workflow.js';
import type { CanvasNode } from './canvas-node.js';

/** What is declared here. */
type Catalog = Pick<TaskCatalog, 'get'>;

/** Why a task is called with something before its own arguments, as it reads after "as". */
type Role = string;

export const BODY_ROLE: Role =
  'the body of a chord or what follows a group, which is called with the list of their results first';

/**
 * Refuses a workflow with a task that does not take what comes before it, as far as that can be known before it is sent: for tasks that are declared here, whose methods have no
 * room for it whatever it is. Its first tasks are not looked at, as their arguments are all there.
 * @throws {TaskArgumentsError} that says where it stands
 */
export function checkFollowing(node: CanvasNode, catalog: Catalog, role?: Role): void {
  switch (node.kind) {
    case 'task':
      return checkTask(node.map, catalog, role);
    case 'chain':
      return node.steps.forEach((step, index) => checkFollowing(step, catalog, index === 0 ? role : stepRole(index)));
    case 'group':
      return node.members.forEach((member) => checkFollowing(member.node, catalog, role));
    case 'chord':
      for (const member of node.header) checkFollowing(member.node, catalog, role);
      return checkFollowing(node.body, catalog, BODY_ROLE);
  }
}

/** The same of what follows a single task by its links. */
export function checkLinks({ task, callbacks, errbacks }: SendRequest, catalog: Catalog): void {
  if (callbacks !== undefined) checkLinked(callbacks, catalog, callbackRole(task));
  if (errbacks !== undefined) checkLinked(errbacks, catalog, errbackRole(task));
}

function checkTask(map: SignatureMap, catalog: Catalog, role: Role | undefined): void {
  if (role !== undefined && map.immutable !== true) {
    const definition = catalog.get(map.task);
    if (definition !== undefined) checkCall(definition, map, role);
  }
  const { link, link_error: linkError } = map.options ?? {};
  if (link !== undefined) checkLinked(parseSignatures(link, 'options.link'), catalog, callbackRole(map.task));
  if (linkError !== undefined)
    checkLinked(parseSignatures(linkError, 'options.link_error'), catalog, errbackRole(map.task));
}

function checkLinked(maps: readonly SignatureMap[], catalog: Catalog, role: Role): void {
  for (const map of maps) {
    if ((map.subtask_type ?? null) === null) checkTask(map, catalog, role);
    else checkFollowing(composeWorkflow(map), catalog, role);
  }
}

function checkCall(definition: TaskDefinition, { args = [], kwargs = {} }: SignatureMap, role: Role): void {
  try {
    bindArguments(definition, [undefined, ...args], kwargs, 'checked');
  } catch (error) {
    if (!(error instanceof TaskArgumentsError)) throw error;
    throw new TaskArgumentsError(
      definition.name,
      `${error.problem}: as ${role}; give its method a parameter for it, or call it without, by si() or setImmutable(true)`,
      { cause: error },
    );
  }
}

function stepRole(index: number): Role {
  return `step ${index + 1} of a chain, which is called with the result of the one before first`;
}

function callbackRole(task: string): Role {
  return `a callback of "${task}", which is called with its result first`;
}

function errbackRole(task: string): Role {
  return `an error callback of "${task}", which is called with the id of what failed first`;
}
