import type { TaskParameter } from '../../tasks/index.js';
import { argumentEntries, CUSTOM_ARGUMENT, type ArgumentEntry, type ClassRef } from './nest-metadata.js';

/** Nest's number of `@Body()`: pipes such as `ValidationPipe` skip every other type they are not told the name of. */
const BODY = 3;

/** Stands as `data` in an entry of ours: where in the call's arguments the parameter's value is. */
export class ParameterSlot {
  constructor(
    readonly index: number,
    readonly kind: TaskParameter['kind'],
  ) {}

  /** @param args one for each parameter, further elements of a rest parameter, and the task's context at the end */
  valueIn(args: readonly unknown[]): unknown {
    return this.kind === 'rest' ? args.slice(this.index, -1) : args[this.index];
  }
}

/**
 * Metadata of a method's parameters as Nest's context creator reads it: an entry for every one of them, since a parameter without an entry is
 * `undefined` as soon as another has one. Parameters with a decorator of the user's own keep its entry.
 */
export function parameterEntries(
  parameters: readonly TaskParameter[],
  classRef: ClassRef,
  method: string,
): Record<string, ArgumentEntry> {
  const entries: Record<string, ArgumentEntry> = {};
  const decorated = Object.entries(argumentEntries(classRef, method));
  parameters.forEach(({ kind }, index) => {
    const own = decorated.filter(([, entry]) => entry.index === index);
    const custom = kind === 'injected' ? own.filter(([key]) => key.includes(CUSTOM_ARGUMENT)) : [];
    for (const [key, entry] of custom) entries[key] = entry;
    if (custom.length === 0) {
      const pipes = own.flatMap(([, entry]) => entry.pipes ?? []);
      entries[`${BODY}:${index}`] = { index, data: new ParameterSlot(index, kind), pipes };
    }
  });
  return entries;
}

/** Hands values to the entries of `parameterEntries`. */
export const slotValues = {
  exchangeKeyForValue(_type: number, data: unknown, args: readonly unknown[]): unknown {
    return data instanceof ParameterSlot ? data.valueIn(args) : undefined;
  },
};
