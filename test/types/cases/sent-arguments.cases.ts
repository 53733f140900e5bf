import type { Observable } from 'rxjs';
import type { TaskClient, TaskHandle } from '../../../lib/client/index.js';
import type { Injected, Kwargs, SentArgs, TaskContext, TaskResult } from '../../../lib/tasks/index.js';
import type { check as Check, Same } from '../assertions.js';

declare const check: typeof Check;
declare const tasks: TaskClient;

interface User {
  readonly name: string;
}

/** What a sender gives for parameters, as one type. */
type Sent<M extends (...args: never[]) => unknown> = SentArgs<Parameters<M>>;

// case: plain parameters are sent as they are
check<Same<Sent<(id: string, count: number) => void>, [id: string, count: number]>>();
check<Same<Sent<() => void>, []>>();

// case: the context is not sent, wherever it stands
check<Same<Sent<(ctx: TaskContext, id: string) => void>, [id: string]>>();
check<Same<Sent<(id: string, ctx: TaskContext, count: number) => void>, [id: string, count: number]>>();
check<Same<Sent<(id: string, ctx: TaskContext) => void>, [id: string]>>();
check<Same<Sent<(ctx: TaskContext) => void>, []>>();

// case: a context that is optional, or may be undefined, is not sent either
check<Same<Sent<(id: string, ctx?: TaskContext) => void>, [id: string]>>();
check<Same<Sent<(id: string, ctx: TaskContext | undefined) => void>, [id: string]>>();

// case: optional parameters stay optional
check<Same<Sent<(id: string, note?: string) => void>, [id: string, note?: string | undefined]>>();
check<Same<Sent<(id: string, note?: string, ctx?: TaskContext) => void>, [id: string, note?: string | undefined]>>();

// case: a parameter with a default value may be left out
const withDefault = (id: string, count = 1) => `${id}${count}`;
check<Same<Sent<typeof withDefault>, [id: string, count?: number | undefined]>>();

// case: rest parameters take any number
check<Same<Sent<(...ids: string[]) => void>, string[]>>();
check<Same<Sent<(ctx: TaskContext, ...ids: string[]) => void>, string[]>>();
check<Same<Sent<(first: number, ...ids: string[]) => void>, [first: number, ...string[]]>>();

// case: what a decorator of the user's fills is not sent
check<Same<Sent<(user: Injected<User>, id: string) => void>, [id: string]>>();
check<Same<Sent<(id: string, tenant: Injected<string>) => void>, [id: string]>>();
check<Same<Sent<(id: string, tenant?: Injected<string | number>) => void>, [id: string]>>();

// case: what @Kwargs() fills is not sent
check<Same<Sent<(id: string, more: Kwargs) => void>, [id: string]>>();
check<Same<Sent<(id: string, more: Kwargs<{ colour?: string }>) => void>, [id: string]>>();

// case: any, unknown and never are sent
check<Same<Sent<(value: any, other: unknown) => void>, [value: any, other: unknown]>>();

// case: unions that hold the context and something else are sent
check<Same<Sent<(value: string | TaskContext) => void>, [value: string | TaskContext]>>();

// case: null and undefined are sent
check<Same<Sent<(value: null, other: undefined) => void>, [value: null, other: undefined]>>();

// case: results of promises, thenables, Observables and unions are unwrapped
check<Same<TaskResult<Promise<string>>, string>>();
check<Same<TaskResult<PromiseLike<string>>, string>>();
check<Same<TaskResult<Observable<string>>, string>>();
check<Same<TaskResult<string | Promise<number>>, string | number>>();
check<Same<TaskResult<Promise<string> | Observable<number>>, string | number>>();
check<Same<TaskResult<void>, void>>();
check<Same<TaskResult<any>, any>>();

abstract class Base<T> {
  inherited(value: T): T {
    return value;
  }
}

abstract class Tasks extends Base<Date> {
  field = 1;
  private readonly secret = 2;

  constructor(protected readonly dependency: User) {
    super();
  }

  async send(id: string, _ctx: TaskContext, _note?: string): Promise<User> {
    return Promise.resolve({ name: `${id}${this.secret}` });
  }

  protected guarded(): void {}
  private hidden(): void {}
  overloaded(value: string): string;
  overloaded(value: number): number;
  overloaded(value: string | number): string | number {
    this.hidden();
    return value;
  }
  generic<T>(value: T): T {
    return value;
  }
}

class Private {
  private constructor() {}
  run(): void {}
}

// case: a task of a class is typed by its method
check<Same<ReturnType<typeof handle>, TaskHandle<[id: string, _note?: string | undefined], User>>>();
function handle() {
  return tasks.for(Tasks).send;
}

// case: delay takes what is sent and gives the method's result
async function sends(): Promise<User> {
  await (await tasks.for(Tasks).send.delay('a', 'note')).get();
  return (await tasks.for(Tasks).send.delay('a')).get();
}
void sends;

// case: delay refuses an argument of another type
// @ts-expect-error TS2345: not assignable to parameter of type 'string'
void tasks.for(Tasks).send.delay(5);

// case: delay refuses a missing argument
// @ts-expect-error TS2554
void tasks.for(Tasks).send.delay();

// case: delay refuses one argument too many
// @ts-expect-error TS2554
void tasks.for(Tasks).send.delay('a', 'b', 'c');

// case: delay refuses a context
declare const context: TaskContext;
// @ts-expect-error TS2345: 'TaskContext' is not assignable
void tasks.for(Tasks).send.delay('a', context);

// case: the result has the method's type and no other
async function misread(): Promise<number> {
  // @ts-expect-error TS2322: Type 'User' is not assignable to type 'number'
  return (await tasks.for(Tasks).send.delay('a')).get();
}
void misread;

// case: inherited methods of a generic class are tasks with its type
void tasks.for(Tasks).inherited.delay(new Date());

// case: inherited methods of a generic class refuse another type
// @ts-expect-error TS2345: parameter of type 'Date'
void tasks.for(Tasks).inherited.delay('today');

// case: fields are no tasks
// @ts-expect-error TS2339: Property 'field' does not exist
void tasks.for(Tasks).field;

// case: private methods are no tasks
// @ts-expect-error TS2339: Property 'hidden' does not exist
void tasks.for(Tasks).hidden;

// case: protected methods are no tasks
// @ts-expect-error TS2339: Property 'guarded' does not exist
void tasks.for(Tasks).guarded;

// case: methods that do not exist are no tasks
// @ts-expect-error TS2339: Property 'sned' does not exist
void tasks.for(Tasks).sned;

// case: only the last overload is seen
void tasks.for(Tasks).overloaded.delay(5);
// @ts-expect-error TS2345: parameter of type 'number'
void tasks.for(Tasks).overloaded.delay('a');

// case: a parameter of a generic method is unknown
void tasks.for(Tasks).generic.delay('anything');

// case: a class with a private constructor is refused
// @ts-expect-error TS2345: Cannot assign a 'private' constructor type
void tasks.for(Private);

// case: what was sent is no promise of its result, so that awaiting it does not wait for the task
type Sending = Awaited<ReturnType<ReturnType<typeof handle>['delay']>>;
check<Same<Awaited<Sending>, Sending>>();
check<Same<Sending extends PromiseLike<unknown> ? true : false, false>>();

// case: applyAsync takes the arguments and options
void tasks.for(Tasks).send.applyAsync(['a', 'note'], { countdown: '10s', priority: 3 });
void tasks.for(Tasks).send.applyAsync(['a']);

// case: applyAsync refuses arguments of another type
// @ts-expect-error TS2322: Type 'number' is not assignable to type 'string'
void tasks.for(Tasks).send.applyAsync([5]);

// case: applyAsync refuses missing arguments
// @ts-expect-error TS2345: Source has 0 element(s) but target requires 1
void tasks.for(Tasks).send.applyAsync([]);

// case: applyAsync lets arguments be given by name
void tasks.for(Tasks).send.applyAsync([], { kwargs: { id: 'a' } });

// case: applyAsync refuses unknown options
// @ts-expect-error TS2769: 'cuntdown' does not exist
void tasks.for(Tasks).send.applyAsync(['a'], { cuntdown: '10s' });

// case: applyAsync refuses options of another type
// @ts-expect-error TS2769: Type 'string' is not assignable to type 'number'
void tasks.for(Tasks).send.applyAsync(['a'], { priority: 'high' });

// case: send takes anything by name
async function byName(): Promise<number> {
  await tasks.send('proj.add');
  return (await tasks.send<number>('proj.add', [1, 2], { queue: 'python' })).get();
}
void byName;

// case: remote gives a task of another application its types
const remote = tasks.remote<[a: number, b: number], number>('proj.add');
void remote.delay(1, 2);

// case: remote refuses other types
// @ts-expect-error TS2345: parameter of type 'number'
void remote.delay(1, 'two');
