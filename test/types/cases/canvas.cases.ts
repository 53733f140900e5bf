import {
  chain,
  chord,
  chunks,
  graph,
  group,
  map,
  signature,
  starmap,
  type AnySignature,
  type GraphNode,
  type Group,
  type GroupSignature,
  type Signature,
  type TaskGraph,
  type WideChord,
  type WideGroup,
} from '../../../lib/canvas/index.js';
import type { TaskClient } from '../../../lib/client/index.js';
import type { check as Check, Same } from '../assertions.js';

declare const check: typeof Check;
declare const tasks: TaskClient;

interface User {
  readonly id: string;
}

abstract class Steps {
  add(a: number, b: number): number {
    return a + b;
  }
  text(value: number, suffix?: string): string {
    return `${value}${suffix}`;
  }
  length(value: string): number {
    return value.length;
  }
  sum(values: readonly number[]): number {
    return values.length;
  }
  both([text, count]: readonly [string, number]): boolean {
    return text.length === count;
  }
  user(id: string): Promise<User> {
    return Promise.resolve({ id });
  }
  greet(user: User): string {
    return user.id;
  }
  log(line: string): void {
    void line;
  }
  ping(): string {
    return 'pong';
  }
  perhaps(value: undefined | null): number {
    return value === null ? 0 : 1;
  }
  maybe(value?: number): number {
    return value ?? 0;
  }
  failed(id: string): void {
    void id;
  }
}
const steps = tasks.for(Steps);
const python = tasks.remote<[a: number, b: number], number>('proj.add');

// case: a chain needs what its first step needs, and gives what its last one returns
check<Same<ReturnType<typeof whole>, Signature<[], string>>>();
check<Same<ReturnType<typeof open>, Signature<[number], string>>>();
function whole() {
  return chain(steps.add.s(1, 2), steps.add.s(3), steps.text.s());
}
function open() {
  return chain(steps.add.s(2), steps.text.s('!'));
}

// case: a step takes what the one before it returns
void chain(steps.text.s(1), steps.length.s(), steps.add.s(1), steps.text.s());

// case: a step that takes another type is refused
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chain(steps.text.s(1), steps.add.s(1));

// case: a step in the middle that takes another type is refused where it stands
void chain(
  steps.add.s(1, 2),
  steps.text.s(),
  // @ts-expect-error TS2345: 'string' is not assignable to type 'number'
  steps.text.s(),
  steps.length.s(),
);

// case: a step that has all of its arguments is refused
// @ts-expect-error TS2345: target allows only 0
void chain(steps.text.s(1), steps.add.s(1, 2));

// case: a step without parameters is refused
// @ts-expect-error TS2345: target allows only 0
void chain(steps.text.s(1), steps.ping.s());

// case: an immutable step takes no result, whatever it is
const mixed: Signature<[], number> = chain(steps.text.s(1), steps.ping.si(), steps.length.s());
void mixed;

// case: the result of an immutable step is what the next one takes
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chain(steps.text.s(1), steps.ping.si(), steps.add.s(1));

// case: a promise's value is what is passed on
const greeted: Signature<[], string> = chain(steps.user.s('a'), steps.greet.s());
void greeted;

// case: a step that returns nothing is followed by one that is immutable
void chain(steps.log.s('a'), steps.ping.si(), steps.log.s());
void chain(steps.log.s('a'), steps.maybe.si());

// case: a step that returns nothing is followed by one that takes nothing in its place
void chain(steps.log.s('a'), steps.perhaps.s());

// case: a step that returns nothing is not followed by one that needs something
// @ts-expect-error TS2345
void chain(steps.log.s('a'), steps.length.s());

// case: a step of Python's has the types it is said to have
const viaPython: Signature<[], string> = chain(steps.add.s(1, 2), python.s(3), steps.text.s());
void viaPython;

// case: a step of Python's is refused where its types say so
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chain(steps.text.s(1), python.s(3));

// case: a signature by name takes anything and is followed by anything
const byName: Signature<[], string> = chain(steps.add.s(1, 2), signature('proj.x'), steps.text.s());
void byName;

// case: a signature by name with a declared result is followed by what takes it
void chain(signature<string>('proj.x'), steps.length.s());

// case: a signature by name with a declared result is not followed by another
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chain(signature<string>('proj.x'), steps.add.s(1));

// case: after a signature by name the number of arguments still counts
// @ts-expect-error TS2345: target allows only 0
void chain(signature('proj.x'), steps.ping.s());

// case: a chain of many steps is typed to its end
const long: Signature<[], string> = chain(
  steps.add.s(1, 2),
  ...([steps.add.s(1), steps.add.s(2), steps.add.s(3), steps.add.s(4)] as const),
  steps.add.s(5),
  steps.text.s(),
);
void long;

// case: a chain is made of an array of steps of one type
declare const adders: Signature<[number], number>[];
const folded: Signature<[], number> = chain(steps.add.s(1, 2), ...adders);
void folded;

// case: chains are steps
const nested: Signature<[], number> = chain(chain(steps.add.s(1, 2), steps.text.s()), chain(steps.length.s()));
void nested;

// case: a chain that takes another type is refused as a step
// @ts-expect-error TS2345: 'number' is not assignable to type 'string'
void chain(steps.add.s(1, 2), chain(steps.length.s(), steps.text.s()));

// case: what is no signature is no step
// @ts-expect-error TS2345
void chain(steps.add.s(1, 2), 5);

// case: a task is no signature of it
// @ts-expect-error TS2345
void chain(steps.add.s(1, 2), steps.text);

// case: a group gives the results of its members in their order
check<Same<ReturnType<typeof three>, Group<[], [number, string, User]>>>();
function three() {
  return group(steps.add.s(1, 2), steps.text.s(1), steps.user.s('a'));
}

// case: a group of an array of one type gives an array
check<Same<ReturnType<typeof many>, Group<[], number[]>>>();
function many() {
  return group([1, 2, 3].map((n) => steps.add.s(n, 1)));
}

// case: a group takes its members as an array, too
const pair: Group<[], [number, string]> = group([steps.add.s(1, 2), steps.text.s(1)]);
void pair;

// case: a group needs what all of its members need
const open2: Group<[number], [string, number]> = group(steps.text.s(), steps.add.s(1));
void open2;

// case: an immutable member leaves it to the others what a group takes
const open3: Group<[number], [string, string]> = group(steps.text.s(), steps.ping.si());
void open3;

// case: a group directly in a group is taken apart
check<Same<ReturnType<typeof flat>, Group<[], [number, string, number]>>>();
function flat() {
  return group(steps.add.s(1, 2), group(steps.text.s(1), steps.add.s(1, 1)));
}

// case: a chain that ends in a group gives a list in its place
check<Same<ReturnType<typeof inner>, Group<[], [number, [string, number]]>>>();
function inner() {
  return group(steps.add.s(1, 2), chain(steps.add.s(1, 2), group(steps.text.s(), steps.add.s(1))));
}

// case: a group that takes what the step before returns is a step
const fanned: GroupSignature<[], [string, number]> = chain(steps.add.s(1, 2), group(steps.text.s(), steps.add.s(1)));
void fanned;

// case: a member that does not take what the step before returns is refused
// @ts-expect-error TS2345: 'number' is not assignable to type 'string'
void chain(steps.add.s(1, 2), group(steps.text.s(), steps.length.s()));

// case: members that take different things cannot be called with one
// @ts-expect-error TS2345
void chain(steps.ping.s(), group(steps.length.s(), steps.greet.s()));

// case: what follows a group takes the list of its results
const joined: Signature<[], number> = chain(group(steps.add.s(1, 2), steps.add.s(3, 4)), steps.sum.s());
const paired: Signature<[], boolean> = chain(group(steps.text.s(1), steps.add.s(1, 2)), steps.both.s());
void [joined, paired];

// case: what follows a group is refused when it takes one result
// @ts-expect-error TS2345: '[number, number]' is not assignable to type 'number'
void chain(group(steps.add.s(1, 2), steps.add.s(3, 4)), steps.text.s());

// case: what follows a group is refused when its results are in another order
// @ts-expect-error TS2345: 'number' is not assignable to type 'string'
void chain(group(steps.add.s(1, 2), steps.text.s(1)), steps.both.s());

// case: a chord's body takes the list of its header's results
const sum: Signature<[], number> = chord([steps.add.s(1, 2), steps.add.s(3, 4)], steps.sum.s());
const ofGroup: Signature<[], boolean> = chord(group(steps.text.s(1), steps.add.s(1, 2)), steps.both.s());
const ofMany: Signature<[], number> = chord(
  [1, 2].map((n) => steps.add.s(n, 1)),
  steps.sum.s(),
);
void [sum, ofGroup, ofMany];

// case: a body that takes another list is refused
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chord([steps.add.s(1, 2), steps.text.s(1)], steps.sum.s());

// case: a body without arguments is refused
// @ts-expect-error TS2345: target allows only 0
void chord([steps.add.s(1, 2)], steps.ping.s());

// case: an immutable body takes nothing
const notified: Signature<[], string> = chord([steps.add.s(1, 2)], steps.ping.si());
void notified;

// case: results of members by name are taken as they are said to be
const unknowns: Signature<readonly unknown[], number> = chord(
  [signature('proj.a'), signature('proj.b')],
  steps.sum.s(),
);
void unknowns;

// case: a chain is no header
// @ts-expect-error TS2345
void chord(chain(steps.add.s(1, 2), steps.text.s()), steps.both.s());

// case: a chain that ends in a group is no header, but is followed by what would be the body
const ending = chain(steps.add.s(1, 2), group(steps.add.s(1), steps.add.s(2)));
const followed: Signature<[], number> = chain(ending, steps.sum.s());
// @ts-expect-error TS2345
void chord(ending, steps.sum.s());
void followed;

// case: chords are members, steps and bodies
const deep: Signature<[], number> = chain(
  steps.add.s(1, 2),
  chord([steps.text.s(), steps.add.s(1)], steps.both.s()),
  signature<number>('proj.x'),
  group(steps.add.s(1), chord([steps.add.s(1), steps.add.s(2)], steps.sum.s())),
  steps.sum.s(),
);
void deep;

// case: a chord whose body is a group ends in it
const spread: GroupSignature<[], [number, number]> = chord([steps.add.s(1, 2)], group(steps.sum.s(), steps.sum.s()));
void spread;

// case: pipe is a chain step by step
const piped: Signature<[], number> = steps.add
  .s(1, 2)
  .pipe(group(steps.text.s(), steps.add.s(1)))
  .pipe(steps.both.s())
  .pipe(signature<number>('proj.x'));
void piped;

// case: pipe refuses what does not take the result
// @ts-expect-error TS2345: 'number' is not assignable to type 'string'
void steps.add.s(1, 2).pipe(steps.length.s());

// case: pipe to a group ends in it
const pipedToGroup: GroupSignature<[], [string, string]> = steps.add
  .s(1, 2)
  .pipe(group(steps.text.s(), steps.text.s('!')));
void pipedToGroup;

// case: options and error handlers leave the types
const kept: Group<[], [number, string]> = group(steps.add.s(1, 2), steps.text.s(1))
  .set({ countdown: '10s' })
  .onError(steps.failed.s());
void kept;

// case: an error handler takes an id
// @ts-expect-error TS2345
void chain(steps.add.s(1, 2), steps.text.s()).onError(steps.add.s(1));

// case: a chain is linked to what takes its result
void chain(steps.add.s(1, 2), steps.text.s()).link(steps.length.s());
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chain(steps.add.s(1, 2), steps.text.s()).link(steps.add.s(1));

// case: a group is linked to nothing, as it has no one result
// @ts-expect-error TS2345: not assignable to parameter of type 'never'
void group(steps.add.s(1, 2), steps.text.s(1)).link(steps.both.s());

// case: a composition called with more needs less
const calledChain: Signature<[], string> = chain(steps.add.s(2), steps.text.s()).clone([1]);
const calledGroup: GroupSignature<[], [string, number]> = group(steps.text.s(), steps.add.s(1)).clone([1]);
void [calledChain, calledGroup];

// case: a composition that still needs arguments is not complete
// @ts-expect-error TS2322
const incomplete: Signature<[], string> = chain(steps.add.s(2), steps.text.s());
void incomplete;

// case: a composition is a signature of which only the map may matter
const any: AnySignature[] = [chain(steps.add.s(2)), group(steps.add.s(1)), chord([steps.add.s(1)], steps.sum.s())];
void any;

// case: map calls a task with each item, and gives the list of the results
const mapped: Signature<[], string[]> = map(steps.text.s(), [1, 2, 3]);
const mappedRest: Signature<[], number[]> = map(steps.length.s(), new Set(['a']));
void [mapped, mappedRest];

// case: map refuses items that the task does not take
// @ts-expect-error TS2345: Type 'string' is not assignable to type 'number'
void map(steps.text.s(), ['a']);

// case: map refuses a task that takes no single argument
// @ts-expect-error TS2345: Type 'number' is not assignable to type 'never'
void map(steps.add.s(), [1]);

// case: starmap calls a task with each list of arguments
const starmapped: Signature<[], number[]> = starmap(steps.add.s(), [
  [1, 2],
  [3, 4],
]);
void starmapped;

// case: starmap refuses other lists
// @ts-expect-error TS2345: Type 'string' is not assignable to type 'number'
void starmap(steps.add.s(), [[1, 'a']]);

// case: chunks are a group of lists
check<Same<ReturnType<typeof parts>, Group<readonly unknown[], number[][]>>>();
function parts() {
  return chunks(steps.add.s(), [[1, 2]], 10);
}
const added: Signature<readonly unknown[], string> = chain(parts(), signature<string>('proj.x'));
void added;

// case: what follows chunks takes a list of lists
// @ts-expect-error TS2345: Type 'number[]' is not assignable to type 'number'
void chain(parts(), steps.sum.s());

// case: a group is skewed
const skewed: Group<[], [number, number]> = group(steps.add.s(1, 2), steps.add.s(3, 4)).skew({ step: '5s' });
void skewed;

// case: a chain is not
// @ts-expect-error TS2339: Property 'skew' does not exist
void chain(steps.add.s(1, 2), steps.text.s()).skew();

// case: a group of an iterable gives an array of one type
const wide: WideGroup<number> = group.from(new Set([steps.add.s(1, 2)]).values());
const wideAsync: WideGroup<string> = group.from(texts());
async function* texts() {
  yield await Promise.resolve(steps.text.s(1));
}
void [wide, wideAsync];

// case: members of a group of an iterable are complete
// @ts-expect-error TS2345
void group.from([steps.add.s(1)]);

// case: the body of a wide chord takes an array
const wideSum: WideChord<number> = chord(wide, steps.sum.s());
void wideSum;

// case: the body of a wide chord is refused when it takes another array
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void chord(wideAsync, steps.sum.s());

// case: what is made of an iterable is no step, no member and no body
// @ts-expect-error TS2345
void chain(steps.add.s(1, 2), wide);
// @ts-expect-error TS2769
void group(wide);
// @ts-expect-error TS2345
void chain(wideSum, steps.text.s());

// case: what is replaced is no longer known
const replacedStep: Signature<[], number> = steps.add.s(1).replace({ args: [1, 2] });
void replacedStep;

// case: stamps leave the types
const stamped: Group<[], [number, string]> = group(steps.add.s(1, 2), steps.text.s(1))
  .stamp({ tenant: 'acme', tags: ['a'] })
  .stamp({ onSignature: ({ task }) => ({ step: task, stampedHeaders: ['step'] }) }, { appendStamps: true });
void stamped;

// case: a graph has the results of its nodes by their names
const report: TaskGraph<{ readonly start: number; readonly text: string; readonly both: boolean }> = graph({
  start: steps.add.s(1, 2),
  text: { after: 'start', run: steps.text.s() },
  both: { after: ['text', 'start'], run: steps.both.s() },
});
void (async (): Promise<boolean> => (await (await tasks.apply(report)).get()).both);
void (async (): Promise<string> => (await tasks.apply(report)).nodes.text.get());

// case: a node takes the result that it waits for
void graph({
  start: steps.add.s(1, 2),
  // @ts-expect-error TS2322
  length: { after: 'start', run: steps.length.s() },
});

// case: a node takes the results that it waits for in their order
void graph({
  start: steps.add.s(1, 2),
  text: { after: 'start', run: steps.text.s() },
  // @ts-expect-error TS2322
  both: { after: ['start', 'text'], run: steps.both.s() },
});

// case: a node takes a list where it waits for a list of one
void graph({
  start: steps.add.s(1, 2),
  sum: { after: ['start'], run: steps.sum.s() },
  // @ts-expect-error TS2322
  text: { after: ['start'], run: steps.text.s() },
});

// case: a node that takes nothing further may wait for anything
void graph({ start: steps.add.s(1, 2), after: { after: ['start'], run: steps.ping.si() } });

// case: a node that waits for nothing needs nothing more
void graph({
  // @ts-expect-error TS2322
  start: steps.add.s(1),
});

// case: a node waits for other nodes of its graph
void graph({
  start: steps.add.s(1, 2),
  // @ts-expect-error TS2322
  text: { after: 'begin', run: steps.ping.si() },
  // @ts-expect-error TS2322
  self: { after: 'self', run: steps.ping.si() },
});

// case: of nodes that are made at run time nothing is known
const made: Record<string, GraphNode> = { start: steps.add.s(1, 2) };
const ofMade: TaskGraph = graph(made);
void ofMade;

// case: a graph is no step, no member and no body
// @ts-expect-error TS2345
void chain(steps.add.s(1, 2), report);
// @ts-expect-error TS2769
void group(report);
