import { ChordCall } from '../../connections/index.js';
import { chordKeys } from '../../protocol/index.js';
import type { EncodedPart, EncodedResult, JoinSettlement, Settlement, SettlementEffects } from '../broker.interface.js';
import { complete, countParts, join, settle } from './lua.generated.js';
import type { RedisDelivery } from './redis-delivery.js';
import type { RedisKeys } from './redis-keys.js';
import type { EffectsCall, SettlementCall } from './redis-settlement.js';
import type { ScriptCall } from './settlement-line.js';

/** Messages of one call that settles, and characters of its arguments beyond the first message. */
const SETTLE_PAGE = 64;
const SETTLE_TEXT = 4 * 1024 * 1024;

/** A settlement that is ready to be sent: with a call, or with nothing but a result. */
export type SettleEntry = { readonly held: RedisDelivery } & (
  | { readonly result: EncodedResult; readonly call: undefined }
  | { readonly result: undefined; readonly call: SettlementCall }
);

/** A header member of a chord that is ready to be settled: one that succeeded with nothing but a result, or with what else goes out. */
export type JoinEntry = { readonly held: RedisDelivery; readonly part: EncodedPart } & (
  | { readonly result: EncodedResult; readonly effects: undefined }
  | { readonly result: undefined; readonly effects: EffectsCall }
);

/** The result of a header member that succeeded and sends out nothing else. */
export function onlyPart({ part, results, successors, closes }: JoinSettlement): EncodedResult | undefined {
  return part.succeeded && part.size === undefined ? onlyResult({ as: 'ack', results, successors, closes }) : undefined;
}

type PlainParts = { readonly as: Settlement['as'] } & {
  readonly [Name in 'results' | 'successors' | 'closes']?: SettlementEffects[Name] | undefined;
};

/** The result of a settlement that is nothing but an acknowledgement with one. */
export function onlyResult({ as, results, successors, closes }: PlainParts): EncodedResult | undefined {
  if (as !== 'ack' || results?.length !== 1) return undefined;
  if (successors !== undefined && successors.length > 0) return undefined;
  return closes === undefined || closes.length === 0 ? results[0] : undefined;
}

/** @param write for an entry that is nothing but a result, in a page where others are more */
export function settleCall(
  page: readonly SettleEntry[],
  number: number,
  keys: RedisKeys,
  owner: string,
  write: (entry: { readonly held: RedisDelivery; readonly result: EncodedResult }) => SettlementCall,
): ScriptCall {
  const completion = completionCall(page, number, keys, owner);
  if (completion !== undefined) return completion;
  const allKeys = [keys.unacked, keys.index, keys.suspects, keys.parked, keys.worker(owner), keys.steps];
  const args: (string | number | Buffer)[] = [number];
  for (const entry of page) {
    const call = entry.call ?? write(entry);
    allKeys.push(...call.keys);
    args.push(...call.args);
  }
  return { script: settle, keys: allKeys, args };
}

/** For a page of nothing but results that are kept equally long. */
function completionCall(
  page: readonly SettleEntry[],
  number: number,
  keys: RedisKeys,
  owner: string,
): ScriptCall | undefined {
  const expiresMs = page[0]?.result?.expiresMs;
  if (expiresMs === undefined) return undefined;
  const allKeys = [keys.unacked, keys.index, keys.suspects, keys.worker(owner)];
  const args: (string | number)[] = [number, Math.ceil(expiresMs)];
  const values: string[] = [];
  for (const { held, result } of page) {
    if (result?.expiresMs !== expiresMs) return undefined;
    allKeys.push(result.key);
    args.push(held.tag);
    values.push(result.value);
  }
  return { script: complete, keys: allKeys, args: [...args, ...values] };
}

/**
 * Makes the call for a page of parts of one chord with nothing but results, all kept equally long. The script answers 0 where the chord might end with
 * them.
 */
export function countCall(
  page: readonly JoinEntry[],
  keys: RedisKeys,
  owner: string,
): ((number: number) => ScriptCall) | undefined {
  const [first] = page;
  if (first?.result === undefined) return undefined;
  const { part: chord, result: kept } = first;
  const allKeys = [keys.unacked, keys.index, keys.suspects, keys.worker(owner), ...chordKeys(chord.key)];
  const args: (string | number)[] = [0, Math.ceil(chord.expiresMs), Math.ceil(kept.expiresMs)];
  for (const { held } of page) args.push(held.tag);
  for (const { part, result } of page) {
    if (result === undefined || part.key !== chord.key || result.expiresMs !== kept.expiresMs) return undefined;
    allKeys.push(result.key);
    args.push(part.taskId, part.groupIndex ?? '+inf', part.value, result.value);
  }
  return (number) => {
    args[0] = number;
    return { script: countParts, keys: allKeys, args };
  };
}

/** @param write for an entry that is nothing but a result */
export function joinCall(
  page: readonly JoinEntry[],
  number: number,
  keys: RedisKeys,
  owner: string,
  write: (result: EncodedResult) => EffectsCall,
): ScriptCall {
  const chords = new ChordCall(chordKeys);
  const following: string[] = [];
  const args: (string | number)[] = [];
  for (const entry of page) {
    const { held, part } = entry;
    const effects = entry.result === undefined ? entry.effects : write(entry.result);
    const partArgs = chords.add(part);
    following.push(...effects.keys);
    args.push(held.tag, effects.keys.length, partArgs.length + effects.args.length, ...partArgs, ...effects.args);
  }
  return {
    script: join,
    keys: [keys.unacked, keys.index, keys.suspects, keys.worker(owner), keys.steps, ...chords.keys, ...following],
    args: [number, chords.expiries.length, ...chords.expiries, ...args],
  };
}

/** Pages that a script may settle at once, in their order. */
export function settlePages(entries: readonly SettleEntry[]): SettleEntry[][] {
  return inPages(entries, ({ result, call }) => result?.value.length ?? sizeOf(call?.args ?? []));
}

/** The same for header members of chords. */
export function joinPages(entries: readonly JoinEntry[]): JoinEntry[][] {
  return inPages(
    entries,
    ({ part, result, effects }) => part.value.length + (result?.value.length ?? sizeOf(effects?.args ?? [])),
  );
}

function inPages<Entry>(entries: readonly Entry[], textOf: (entry: Entry) => number): Entry[][] {
  const pages: Entry[][] = [];
  let [page, size] = [[] as Entry[], 0];
  for (const entry of entries) {
    const text = textOf(entry);
    if (page.length > 0 && (page.length >= SETTLE_PAGE || size + text > SETTLE_TEXT)) {
      pages.push(page);
      [page, size] = [[], 0];
    }
    page.push(entry);
    size += text;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

function sizeOf(args: SettlementCall['args']): number {
  return args.reduce<number>((sum, arg) => sum + (typeof arg === 'number' ? 8 : arg.length), 0);
}
