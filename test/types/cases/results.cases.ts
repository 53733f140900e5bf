import type { AsyncResult, GroupResult, MemberEnd, ResultNode, TaskClient } from '../../../lib/client/index.js';
import type { check as Check, Same } from '../assertions.js';

declare const check: typeof Check;
declare const tasks: TaskClient;
declare const pair: GroupResult<[number, string]>;

// case: a group gives the tuple of what its members return
const values: Promise<[number, string]> = pair.get({ timeout: '1m' });
check<Same<Awaited<typeof values>, [number, string]>>();

// case: a value of a group is no other member's
// @ts-expect-error TS2322: 'string' is not assignable to type 'number'
const [, second]: [unknown, number] = await pair.get();
void second;

// case: errors stand beside values where they are not thrown
check<Same<Awaited<ReturnType<typeof outcomes>>, [number | Error, string | Error]>>();
function outcomes() {
  return pair.get({ propagate: false });
}

// case: errors do not stand for values
// @ts-expect-error TS2322
const certain: [number, string] = await pair.get({ propagate: false });
void certain;

// case: each member is typed by its place
const first: ResultNode<number> | undefined = pair.at(0);
const [, text] = pair.results;
const textValue: string = await text.get();
void [first, textValue];

// case: a member is not another one
// @ts-expect-error TS2322
const wrong: ResultNode<string> | undefined = pair.at(0);
void wrong;

// case: members that end are told apart by their state
async function ends(): Promise<readonly (number | string)[]> {
  const seen: (number | string)[] = [];
  for await (const end of pair.iterate()) if (end.state === 'SUCCESS') seen.push(end.value);
  return seen;
}
void ends;

// case: a member that failed has no value
function failure(end: MemberEnd<number>): number {
  if (end.state === 'SUCCESS') return end.value;
  // @ts-expect-error TS2322: 'undefined' is not assignable to type 'number'
  return end.value;
}
void failure;

// case: iterating never throws what a member threw, so there is nothing to propagate
// @ts-expect-error TS2353: 'propagate'
void pair.iterate({ propagate: false });

// case: a restored group has the types it is said to have, and may be gone
const restored: GroupResult<[number]> | undefined = await tasks.restoreGroup<[number]>('id');
void restored;

// case: a restored group may be gone
// @ts-expect-error TS2532
void (await tasks.restoreGroup('id')).get();

// case: results of tasks and of groups go wherever results go
const nodes: readonly ResultNode[] = [pair, tasks.result<number>('id'), tasks.resultFromTuple([['id', null], null])];
void nodes;

// case: a group is no task
// @ts-expect-error TS2740
const task: AsyncResult = pair;
void task;
