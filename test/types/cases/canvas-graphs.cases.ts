import { chain, graph, type Signature, type TaskGraph } from '../../../lib/canvas/index.js';
import type { TaskClient } from '../../../lib/client/index.js';

declare const tasks: TaskClient;

declare abstract class Steps {
  abstract one(): number;
  abstract text(value: number): string;
  /** Of a list that it may change. */
  abstract sort(values: number[]): number[];
  abstract pair(values: [number, string]): boolean;
  /** As tasks do that say nothing of it. */
  abstract anything(): any;
}
const steps = tasks.for(Steps);

// case: a node may take the results that it waits for as a list that is its own
void graph({
  one: steps.one.s(),
  two: steps.one.s(),
  text: { after: 'one', run: steps.text.s() },
  sorted: { after: ['one', 'two'], run: steps.sort.s() },
  pair: { after: ['one', 'text'], run: steps.pair.s() },
  // @ts-expect-error TS2322
  turned: { after: ['text', 'one'], run: steps.pair.s() },
});

// case: a list of names that is no constant is looked at when the graph is built
const files = ['one', 'two'];
const ofFiles: TaskGraph<{ readonly one: number; readonly two: number; readonly sorted: number[] }> = graph({
  one: steps.one.s(),
  two: steps.one.s(),
  sorted: { after: files, run: steps.sort.s() },
});
void ofFiles;

// case: nodes that are made at run time have one after them
const made: Record<string, Signature<[], number>> = Object.fromEntries(files.map((file) => [file, steps.one.s()]));
void graph({ ...made, sorted: { after: files, run: steps.sort.s() } });

// case: nodes that were written before may be built
const nodes = { one: steps.one.s(), text: { after: 'one', run: steps.text.s() } };
void graph(nodes);

// case: names of which it is known what they may be have to be those of nodes
const known: ('one' | 'three')[] = ['one'];
void graph({
  one: steps.one.s(),
  // @ts-expect-error TS2322
  sorted: { after: known, run: steps.sort.s() },
});

// case: of a task that returns any, anything may be taken
void graph({ anything: steps.anything.s(), text: { after: 'anything', run: steps.text.s() } });
void chain(steps.anything.s(), steps.text.s());
