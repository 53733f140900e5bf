import type { SignatureMap } from '../../protocol/index.js';

/** The queue that a task is known to be for, where it is not the one that everybody sends to. */
export type QueueOf = (task: string) => string | undefined;

/** Options that say where a task goes. */
const ROUTES = ['queue', 'exchange', 'routing_key'] as const;
/** Where a signature holds others. */
const PARTS = ['tasks', 'header', 'body'] as const;
const LINKS = ['link', 'link_error'] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * A signature whose tasks say which queue they are for, as far as it is known here and they say nothing: what follows in a workflow is sent by whichever worker runs what comes
 * before, and one of Python, or of another application, does not know it. The very same where there is nothing to say.
 * @source celery/app/routes.py `Router.route`: what a signature says wins over `task_routes`
 */
export function routed(map: SignatureMap, queueOf: QueueOf): SignatureMap {
  const options = routedOptions(map, queueOf);
  const kwargs = (map.subtask_type ?? null) === null ? map.kwargs : routedFields(map.kwargs, PARTS, queueOf);
  if (options === map.options && kwargs === map.kwargs) return map;
  return { ...map, ...(options !== undefined && { options }), ...(kwargs !== undefined && { kwargs }) };
}

function routedOptions(map: SignatureMap, queueOf: QueueOf): Fields | undefined {
  const options = routedFields(map.options, LINKS, queueOf);
  if ((map.subtask_type ?? null) !== null) return options;
  const queue = queueOf(map.task);
  if (queue === undefined || ROUTES.some((name) => (options?.[name] ?? null) !== null)) return options;
  return { ...options, queue };
}

function routedFields(fields: Fields | undefined, names: readonly string[], queueOf: QueueOf): Fields | undefined {
  let changed = fields;
  for (const name of names) {
    const value = fields?.[name];
    const next = routedValue(value, queueOf);
    if (next !== value) changed = { ...changed, [name]: next };
  }
  return changed;
}

/** A signature, a list of them, or what is none and stays as it is. */
function routedValue(value: unknown, queueOf: QueueOf): unknown {
  if (Array.isArray(value)) {
    const members = value.map((each) => routedValue(each, queueOf));
    return members.every((each, index) => each === value[index]) ? value : members;
  }
  const isSignature = typeof value === 'object' && value !== null && 'task' in value;
  return isSignature ? routed(value as SignatureMap, queueOf) : value;
}
