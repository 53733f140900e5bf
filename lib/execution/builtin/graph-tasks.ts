import { ResultNotStoredError } from '../../errors/index.js';
import { parseGraphRest, type GraphRest } from '../../client/index.js';
import type { TaskMeta } from '../../protocol/index.js';
import type { TaskContext } from '../../tasks/index.js';
import type { StoredResults } from './unlock-chord.js';

/** How a task of a graph ended that did not succeed. */
export interface BrokenTask {
  readonly id: string;
  readonly state: 'FAILURE' | 'REVOKED';
  /** As results hold it. */
  readonly error: unknown;
}

/** Ends the run of a task of the graph's own: what follows goes out with its settlement. */
export class GraphSignal extends Error {
  readonly code = 'TQ_GRAPH';

  constructor(
    readonly does:
      | { readonly kind: 'next'; readonly rest: GraphRest; readonly result: unknown }
      | { readonly kind: 'failed'; readonly rest: GraphRest; readonly broken: BrokenTask }
      | { readonly kind: 'part'; readonly broken: BrokenTask },
  ) {
    super(`A graph goes on: ${does.kind}.`);
  }
}

/** What comes after a task of a graph, which somebody else has run. */
export function goOn(_run: TaskContext, [result, kwargs]: readonly unknown[]): never {
  throw new GraphSignal({ kind: 'next', rest: parseGraphRest(kwargs as Kwargs), result });
}

/** Reads what became of the task that failed; it is run again where that cannot be read. */
export async function breakOff([id, kwargs]: readonly unknown[], results: StoredResults): Promise<never> {
  const rest = parseGraphRest(kwargs as Kwargs);
  const meta = await results.fetch(String(id)).catch((error: unknown) => {
    if (error instanceof ResultNotStoredError) return undefined;
    throw error;
  });
  throw new GraphSignal({ kind: 'failed', rest, broken: brokenTask(String(id), meta) });
}

export function breakPart([id, state, error]: readonly unknown[]): never {
  const broken: BrokenTask = { id: String(id), state: state === 'REVOKED' ? 'REVOKED' : 'FAILURE', error };
  throw new GraphSignal({ kind: 'part', broken });
}

type Kwargs = Readonly<Record<string, unknown>>;

function brokenTask(id: string, meta: TaskMeta | undefined): BrokenTask {
  if (meta?.status === 'FAILURE') return { id, state: 'FAILURE', error: meta.result };
  if (meta?.status === 'REVOKED') return { id, state: 'REVOKED', error: meta.result };
  const text = `Task ${id} failed, and its error is not stored`;
  return { id, state: 'FAILURE', error: { exc_type: 'Exception', exc_message: [text], exc_module: 'builtins' } };
}
