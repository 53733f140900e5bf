import type { Schedule as TickSchedule } from '../schedules/index.js';
import type { ScheduleEntryOptions, ScheduleFactory } from './schedule-options.interface.js';
import type { SentArgs } from './sent-types.js';
import { recordMethod } from './task-metadata.js';

/** When something is due: what `every()` and `crontab()` make, and what `@Schedule()` takes. */
export type Schedule = TickSchedule;

/** `unknown` where a method can be called with these arguments, else a type that names what it takes. */
type Accepts<M, Args extends readonly unknown[]> = M extends (...args: infer P) => unknown
  ? Args extends Readonly<SentArgs<P>>
    ? unknown
    : { readonly 'this task takes other arguments than args of its @Schedule()': SentArgs<P> }
  : unknown;

type ScheduleDecorator<Args extends readonly unknown[]> = <M extends (...args: never[]) => unknown>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<M> & Accepts<M, Args>,
) => void;

/** With keyword arguments, which types cannot match to parameters. */
type UncheckedScheduleDecorator = (target: object, method: string) => void;

interface EntryWithKwargs extends ScheduleEntryOptions {
  readonly kwargs: Readonly<Record<string, unknown>>;
}

interface EntryWithoutKwargs<Args extends readonly unknown[]> extends ScheduleEntryOptions<Args> {
  readonly kwargs?: undefined;
}

/**
 * Sends a task whenever it is due, once however many workers run. Several may stand on one method, which needs a `@Task()` as well.
 * @param when `every('30s')`, `crontab('0 3 * * *')`, or `{ inject, useFactory }` that makes one when the application starts, or `null` for none
 * @param entry what it is sent with; with `args` alone they are compared with what the method takes when it is compiled
 */
export function Schedule(when: TickSchedule | ScheduleFactory, entry: EntryWithKwargs): UncheckedScheduleDecorator;
export function Schedule<const Args extends readonly unknown[] = []>(
  when: TickSchedule | ScheduleFactory,
  entry?: EntryWithoutKwargs<Args>,
): ScheduleDecorator<Args>;
export function Schedule(
  when: TickSchedule | ScheduleFactory,
  entry: ScheduleEntryOptions = {},
): UncheckedScheduleDecorator {
  return (target, method) => {
    recordMethod(target, method).schedules.unshift({ when, entry });
  };
}
