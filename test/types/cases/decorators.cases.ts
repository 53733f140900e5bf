import { createParamDecorator } from '@nestjs/common';
import { crontab, every } from '../../../lib/schedules/index.js';
import {
  AfterTaskReturn,
  Ctx,
  Kwargs,
  OnTaskFailure,
  Schedule,
  Task,
  TaskContext,
  TaskDefaults,
  type Injected,
  type TaskHookEvent,
} from '../../../lib/tasks/index.js';
import { Injected as InjectedValue } from '../../../lib/tasks/index.js';

// case: everything there is compiles together
class User {
  name = '';
}
const CurrentUser = createParamDecorator(() => new User());
class Config {
  queue = 'q';
}

@TaskDefaults({ queue: 'q', namePrefix: 'billing.' })
class Everything {
  @Task({ name: 'send', maxRetries: null, retryBackoff: '1s', timeLimit: 5_000, autoretryFor: [TypeError] })
  async send(
    @Ctx() _ctx: TaskContext,
    id: string,
    @CurrentUser() _user: Injected<User>,
    @Kwargs() _more: Kwargs<{ colour?: string }>,
  ): Promise<string> {
    return Promise.resolve(id);
  }

  @Schedule(every('30s'))
  @Schedule(crontab('0 3 * * *', { timezone: 'Europe/Paris' }), { name: 'nightly', args: [5] })
  @Task()
  clean(_days?: number): void {}

  @Task({ name: 'made', inject: [Config], useFactory: (config: Config) => ({ queue: config.queue }) })
  made(): void {}

  @OnTaskFailure('send', 'clean')
  @AfterTaskReturn()
  ended(_event: TaskHookEvent): void {}
}
void Everything;

// case: @Task() takes parameters of any plain type
class Plain {
  @Task()
  run(
    _a: string | null,
    _b: Date,
    _c: Uint8Array,
    _d: bigint,
    _e: { nested: string[] },
    _f: unknown,
    _g: any,
    _h: User,
    _i?: boolean,
    ..._rest: number[]
  ): void {}
}
void Plain;

// case: @Task() refuses a function
class TakesFunction {
  // @ts-expect-error TS1241: a function
  @Task()
  run(_id: string, _done: () => void): void {}
}
void TakesFunction;

// case: @Task() refuses a function that is optional
class TakesOptionalFunction {
  // @ts-expect-error TS1241: a parameter that cannot be sent
  @Task()
  run(_id: string, _done?: (error: Error) => void): void {}
}
void TakesOptionalFunction;

// case: @Task() refuses a class
class TakesClass {
  // @ts-expect-error TS1241: a function
  @Task()
  run(_type: typeof User): void {}
}
void TakesClass;

// case: @Task() refuses a symbol
class TakesSymbol {
  // @ts-expect-error TS1241: a symbol
  @Task()
  run(_id: symbol): void {}
}
void TakesSymbol;

// case: @Task() refuses a promise
class TakesPromise {
  // @ts-expect-error TS1241: a promise
  @Task()
  run(_id: Promise<string>): void {}
}
void TakesPromise;

// case: @Task() refuses a Map
class TakesMap {
  // @ts-expect-error TS1241: a Map
  @Task()
  run(_id: Map<string, string>): void {}
}
void TakesMap;

// case: @Task() refuses a Set
class TakesSet {
  // @ts-expect-error TS1241: a Set
  @Task()
  run(..._ids: ReadonlySet<string>[]): void {}
}
void TakesSet;

// case: @Task() lets a decorator fill what cannot be sent
class FillsFunction {
  @Task()
  run(@CurrentUser() _done: Injected<() => void>): void {}
}
void FillsFunction;

// case: @Task() refuses unknown options
class UnknownOption {
  // @ts-expect-error TS2353: 'maxRetry' does not exist
  @Task({ maxRetry: 3 })
  run(): void {}
}
void UnknownOption;

// case: @Task() refuses options of another type
class WrongOption {
  // @ts-expect-error TS2322: Type 'string' is not assignable to type 'number'
  @Task({ priority: 'high' })
  run(): void {}
}
void WrongOption;

// case: @Task() refuses a field
class OnField {
  // @ts-expect-error TS1240
  @Task()
  run = 1;
}
void OnField;

// case: @Task() refuses a class
// @ts-expect-error TS1238
@Task()
class OnClass {}
void OnClass;

// case: @Ctx() takes a context, optional or not
class TakesContext {
  @Task()
  run(_id: string, @Ctx() _ctx?: TaskContext): void {}

  @Task()
  either(@Ctx() _ctx: TaskContext | undefined): void {}
}
void TakesContext;

// case: @Ctx() refuses another type
class ContextOfAnotherType {
  @Task()
  // @ts-expect-error TS1239: type the parameter of @Ctx() as TaskContext
  run(@Ctx() _ctx: string): void {}
}
void ContextOfAnotherType;

// case: @Ctx() refuses any, of which senders would be asked
class ContextOfAny {
  @Task()
  // @ts-expect-error TS1239: not any
  run(@Ctx() _ctx: any): void {}
}
void ContextOfAny;

// case: @Ctx() refuses a private method
class PrivateContext {
  @Task()
  // @ts-expect-error TS1239
  private run(@Ctx() _ctx: TaskContext): void {}
}
void PrivateContext;

// case: @Kwargs() takes a parameter typed so
class TakesKwargs {
  @Task()
  run(_id: string, @Kwargs() _more: Kwargs): void {}
}
void TakesKwargs;

// case: @Kwargs() refuses another type
class KwargsOfAnotherType {
  @Task()
  // @ts-expect-error TS1239: type the parameter of @Kwargs()
  run(@Kwargs() _more: Record<string, unknown>): void {}
}
void KwargsOfAnotherType;

// case: @Kwargs() refuses a context
class KwargsOfContext {
  @Task()
  // @ts-expect-error TS1239: type the parameter of @Kwargs()
  run(@Kwargs() _more: TaskContext): void {}
}
void KwargsOfContext;

// case: @Schedule() takes arguments that the task takes
class Scheduled {
  @Schedule(every('1m'), { args: ['a', 2] })
  @Task()
  run(_id: string, _count: number, @Ctx() _ctx: TaskContext): void {}

  @Schedule(every('1m'), { kwargs: { _id: 'a' } })
  @Task()
  byName(_id: string): void {}

  @Schedule({ inject: [Config], useFactory: (config: Config) => (config.queue === '' ? null : every('1m')) })
  @Task()
  made(): void {}
}
void Scheduled;

// case: @Schedule() refuses to leave out an argument that the task needs
class ScheduledWithoutArguments {
  // @ts-expect-error TS1241: this task takes other arguments than args of its @Schedule()
  @Schedule(every('1m'))
  @Task()
  run(_id: string): void {}
}
void ScheduledWithoutArguments;

// case: @Schedule() refuses arguments of another type
class ScheduledWithOthers {
  // @ts-expect-error TS1241: this task takes other arguments
  @Schedule(every('1m'), { args: [5] })
  @Task()
  run(_id: string): void {}
}
void ScheduledWithOthers;

// case: @Schedule() refuses a text
class ScheduledByText {
  // @ts-expect-error TS2345: Argument of type 'string'
  @Schedule('0 3 * * *')
  @Task()
  run(): void {}
}
void ScheduledByText;

// case: hooks name methods of their class
class HookOfUnknown {
  @Task()
  send(): void {}

  // @ts-expect-error TS1241: Property 'sned' is missing
  @OnTaskFailure('sned')
  failed(): void {}
}
void HookOfUnknown;

// case: hooks of all tasks stand in a class that has public fields too
class HooksBesideFields {
  seen = 0;

  @AfterTaskReturn()
  count(_event: TaskHookEvent): void {
    this.seen += 1;
  }
}
void HooksBesideFields;

// case: hooks refuse a method that takes something else
class HookOfAnotherType {
  // @ts-expect-error TS1241
  @OnTaskFailure()
  failed(_error: string): void {}
}
void HookOfAnotherType;

// case: @TaskDefaults() refuses a name
// @ts-expect-error TS2353: 'name' does not exist
@TaskDefaults({ name: 'all' })
class NamedDefaults {}
void NamedDefaults;

// case: Injected is a type, and is imported as one where signatures are decorated
class ImportsAsValue {
  @Task()
  // @ts-expect-error TS1272: must be imported with 'import type'
  run(@CurrentUser() _user: InjectedValue<User>): void {}
}
void ImportsAsValue;
