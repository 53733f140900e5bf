import type { ResultTuple } from '../protocol/index.js';

/** `then`: one runs after the other; `member`: a group holds a task, or a chain by its first one; `sent`: a task sent another while it ran. */
export type WorkflowLink = 'then' | 'member' | 'sent';

export interface WorkflowEdge {
  readonly from: string;
  readonly to: string;
  readonly link: WorkflowLink;
}

/** Beyond so many members a group is revoked by its id: workers and stores remember 50 000 ids. */
export const MOST_NAMED = 1_000;

const NOTHING: ReadonlySet<string> = new Set();

/** Tasks and groups as result tuples name them, and what comes after what. A group stands between what comes before it and its members. */
export class WorkflowTree {
  readonly tasks = new Set<string>();
  readonly groups = new Set<string>();
  /** Members of large groups before which nothing comes in the group: their messages bear the id of the group. */
  readonly bulk = new Set<string>();
  readonly edges: WorkflowEdge[] = [];

  /**
   * Adds all that a tuple names.
   * @param sender the task that is known to have sent it
   * @returns the tasks that were not known before
   */
  add(tuple: ResultTuple, sender?: string): readonly string[] {
    const fresh: string[] = [];
    this.place(tuple, { from: sender, link: 'sent' }, NOTHING, fresh);
    return fresh;
  }

  /**
   * @param origin what it comes from where nothing comes before it
   * @param outside what comes before the group that holds it
   */
  private place(
    tuple: ResultTuple,
    origin: { readonly from: string | undefined; readonly link: WorkflowLink },
    outside: ReadonlySet<string>,
    fresh: string[],
  ): void {
    const line: ResultTuple[] = []; // a chain may be longer than a stack of calls
    let before: ResultTuple | null = tuple;
    for (; before !== null && !this.has(before) && !outside.has(before[0][0]); before = before[0][1]) line.push(before);
    if (line.length === 0 && origin.link === 'member') this.link([origin.from], tuple[0][0], 'member');

    for (const step of line.reverse()) {
      const [[id], members] = step;
      if (before === null || outside.has(before[0][0])) this.link([origin.from], id, origin.link);
      else this.link(endsOf(before), id, 'then');
      if (members === null) {
        this.tasks.add(id);
        fresh.push(id);
      } else {
        this.groups.add(id);
        const around = idsAbove(step, outside);
        if (members.length > MOST_NAMED) for (const member of members) if (isBare(member)) this.bulk.add(member[0][0]);
        for (const member of members) this.place(member, { from: id, link: 'member' }, around, fresh);
      }
      before = step;
    }
  }

  private has([[id], members]: ResultTuple): boolean {
    return (members === null ? this.tasks : this.groups).has(id);
  }

  private link(from: Iterable<string | undefined>, to: string, link: WorkflowLink): void {
    for (const each of from) if (each !== undefined) this.edges.push({ from: each, to, link });
  }
}

function isBare([[, parent], members]: ResultTuple): boolean {
  return parent === null && members === null;
}

/** What has to end for the next step to begin: the task, or all tasks of the group. */
function* endsOf([[id], members]: ResultTuple): Generator<string, void, undefined> {
  if (members === null || members.length === 0) yield id;
  else for (const member of members) yield* endsOf(member);
}

function idsAbove([[, parent]]: ResultTuple, outside: ReadonlySet<string>): ReadonlySet<string> {
  if (parent === null) return outside;
  const ids = new Set(outside);
  for (let above: ResultTuple | null = parent; above !== null; above = above[0][1]) ids.add(above[0][0]);
  return ids;
}
