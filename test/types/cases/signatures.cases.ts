import { Signature, signature, type MissingArgs, type PartialArgs } from '../../../lib/canvas/index.js';
import type { TaskClient } from '../../../lib/client/index.js';
import type { check as Check, Same } from '../assertions.js';

declare const check: typeof Check;
declare const tasks: TaskClient;

abstract class Sums {
  add(a: number, b: number): number {
    return a + b;
  }
  print(value: number, label?: string): string {
    return `${label}${value}`;
  }
  none(): string {
    return '';
  }
  all(...values: number[]): number {
    return values.length;
  }
  failed(id: string): void {
    void id;
  }
}
const sums = tasks.for(Sums);

/** What a step of a chain is: called with the result before it. */
type After<Result> = Signature<[Result], unknown>;

// case: a signature with all arguments needs none
const complete: Signature<[], number> = sums.add.s(1, 2);
check<Same<MissingArgs<[a: number, b: number], [number, number]>, []>>();
void complete;

// case: a signature with the last arguments needs the ones before
const partial: Signature<[number], number> = sums.add.s(2);
check<Same<MissingArgs<[a: number, b: number], [number]>, [number]>>();
check<Same<MissingArgs<[a: number, b: number], []>, [number, number]>>();
void partial;

// case: a signature takes all arguments or the last ones
check<Same<PartialArgs<[a: string, b: number]>, [] | [number] | [string, number]>>();
check<Same<PartialArgs<[]>, []>>();

// case: s refuses arguments that are neither
// @ts-expect-error TS2345
void sums.add.s('two');

// case: s refuses one argument too many
// @ts-expect-error TS2345
void sums.add.s(1, 2, 3);

// case: si takes all arguments
void sums.add.si(1, 2);

// case: si refuses a part of them
// @ts-expect-error TS2554
void sums.add.si(1);

// case: the output is the method's result
// @ts-expect-error TS2322: Type 'number' is not assignable to type 'string'
const wrongOutput: Signature<[], string> = sums.add.s(1, 2);
void wrongOutput;

// case: one that still needs arguments is not complete
// @ts-expect-error TS2322
const incomplete: Signature<[], number> = sums.add.s(2);
void incomplete;

// case: optional arguments leave a choice
check<Same<MissingArgs<[value: number, label?: string], [number]>, []>>();
check<Same<MissingArgs<[value: number, label?: string], [string]>, [number]>>();
check<Same<MissingArgs<[value: number, count?: number], [number]>, [] | [number]>>();
const either: Signature<[], string> & After<number> = tasks.remote<[value: number, count?: number], string>('t').s(1);
void either;

// case: a rest parameter takes any number
const step: After<number> = sums.all.s(1, 2, 3);
const start: Signature<[], number> = sums.all.s();
void [step, start];

// case: a link takes the result before its own arguments
void sums.add.s(1, 2).link(sums.add.s(3)).link(sums.print.s('sum: '));

// case: a link that takes nothing more is refused
// @ts-expect-error TS2345
void sums.add.s(1, 2).link(sums.add.s(3, 4));

// case: a link to a task without parameters is refused
// @ts-expect-error TS2345
void sums.add.s(1, 2).link(sums.none.s());

// case: an immutable link takes no result, whatever it is
void sums.add.s(1, 2).link(sums.none.si()).link(sums.failed.si('x'));

// case: a link that takes another type is refused
// @ts-expect-error TS2345: 'string' is not assignable to type 'number'
void sums.print.s(1).link(sums.add.s(3));

// case: an error link takes the id of what failed
void sums.add.s(1, 2).linkError(sums.failed.s()).onError(sums.failed.s());

// case: an error link that takes something else is refused
// @ts-expect-error TS2345
void sums.add.s(1, 2).linkError(sums.add.s(1));

// case: signatures by name fit anywhere
void sums.add
  .s(1, 2)
  .link(signature('proj.save'))
  .linkError(signature('proj.failed', ['x']));
const byName: Signature<[], string> & After<Date> = signature<string>('proj.save');
void byName;

// case: clone gives what is missing
const cloned: Signature<[], number> = sums.add.s(2).clone([1]);
const unchanged: Signature<[number], number> = sums.add.s(2).clone();
const half: Signature<[number], number> = sums.add.s().clone([2]);
void [cloned, unchanged, half];

// case: clone refuses what is not missing
// @ts-expect-error TS2769
void sums.add.s(2).clone(['one']);

// case: set keeps the types
const kept: Signature<[number], number> = sums.add.s(2).set({ countdown: '10s', priority: 9 });
void kept;

// case: set refuses unknown options
// @ts-expect-error TS2561: 'cuntdown' does not exist
void sums.add.s(2).set({ cuntdown: 10 });

// case: a signature never changes
const fixed = sums.add.s(1, 2);
// @ts-expect-error TS2540: read-only property
fixed.task = 'other';

// case: applyAsync links what takes the result
void sums.add.applyAsync([1, 2], { link: sums.print.s(), linkError: [sums.failed.s()] });

// case: applyAsync refuses a link that does not take the result
// @ts-expect-error TS2769
void sums.print.applyAsync([1], { link: sums.add.s(1) });

// case: sendMany takes complete signatures of any tasks
void tasks.sendMany([sums.add.s(1, 2), sums.print.si(1), signature('proj.save')]);

// case: sendMany refuses one that still needs arguments
// @ts-expect-error TS2769
void tasks.sendMany([sums.add.s(1)]);

// case: a map read from a message may be anything
const read: Signature<[], unknown> & After<number> = Signature.fromMap({ task: 't' });
void read;
