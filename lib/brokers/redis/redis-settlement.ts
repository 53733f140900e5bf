import { chordKeys } from '../../protocol/index.js';
import type { Settlement, SettlementEffects, TagSettlement } from '../broker.interface.js';
import { formatDead } from '../virtual/dead-letter.js';
import type { RedisDelivery } from './redis-delivery.js';
import { markRedelivered, lossesKeyOf } from './redis-envelope.js';
import { markRedeliveredBytes } from './redis-given.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisPublisher, Routed } from './redis-publisher.js';

/** A loss is remembered that long. */
export const LOSSES_S = 7 * 86_400;

/** Where a message came from, and as what. */
export interface HeldText {
  readonly list: string;
  readonly text: string;
}

/** What one settlement adds to the call of the script. */
export interface SettlementCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/** What one settlement sends out. */
export interface EffectsCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

type Effects = Pick<SettlementEffects, 'results' | 'closes'>;

/** Turns settlements into keys and arguments of `settle.lua`. */
export class SettlementWriter {
  constructor(
    private readonly keys: RedisKeys,
    private readonly publisher: RedisPublisher,
  ) {}

  /** Where the successors go. */
  route({ successors = [] }: Pick<Settlement, 'successors'>): readonly Routed[] | Promise<readonly Routed[]> {
    const isPlain = successors.every(({ exchange }) => exchange === '');
    return isPlain
      ? successors.map((message) => ({ queue: message.queue, message }))
      : this.publisher.route(successors);
  }

  /** @param raw the bytes of a message that was no text */
  write(
    settlement: Settlement,
    held: RedisDelivery,
    successors: readonly Routed[],
    nowMs: number,
    raw?: Buffer,
  ): SettlementCall {
    return this.assemble(held.tag, this.ownPart(settlement, held, nowMs, raw), settlement, successors);
  }

  /** @param held where it came from; needed to give it back */
  writeTag(settlement: TagSettlement, successors: readonly Routed[], held?: HeldText): SettlementCall {
    const isGivenBack = settlement.as === 'requeue' && held !== undefined;
    const own = isGivenBack
      ? { kind: 'give', keys: [held.list], args: [markRedelivered(held.text)] }
      : { kind: 'ack', keys: [], args: [] };
    return this.assemble(settlement.tag, own, settlement, successors);
  }

  /** What goes out with a settlement, as `_effects.lua` takes it. */
  writeEffects({ results = [], closes = [] }: Effects, successors: readonly Routed[]): EffectsCall {
    const keys: string[] = [];
    const args: (string | number)[] = [];
    for (const { key, value, expiresMs } of results) {
      keys.push(key);
      args.push('result', value, Math.ceil(expiresMs));
    }
    for (const each of successors) {
      const { key, text } = this.publisher.place(each);
      keys.push(key);
      args.push('send', text);
    }
    for (const { key, expiresMs } of closes) {
      keys.push(...chordKeys(key));
      args.push('close', Math.ceil(expiresMs));
    }
    return { keys, args };
  }

  private ownPart(settlement: Settlement, { list, text }: RedisDelivery, nowMs: number, raw?: Buffer): OwnPart {
    switch (settlement.as) {
      case 'ack':
        return ACK;
      case 'release':
        return { kind: 'give', keys: [list.key], args: [raw ?? text] };
      case 'requeue':
        if (!settlement.charge) return { kind: 'give', keys: [list.key], args: [marked(text, raw)] };
        return {
          kind: 'charge',
          keys: [list.key, lossesKeyOf(this.keys, text)],
          args: [marked(text, raw), LOSSES_S],
        };
      case 'park':
        return { kind: 'park', keys: [], args: [(settlement.untilMs / 1_000).toFixed(6)] };
      case 'dead':
        return { kind: 'bury', keys: [this.keys.dead(list.queue)], args: [formatDead(raw ?? text, settlement, nowMs)] };
    }
  }

  private assemble(
    tag: string,
    { kind, keys, args }: OwnPart,
    effects: Effects,
    successors: readonly Routed[],
  ): SettlementCall {
    const following = this.writeEffects(effects, successors);
    const allKeys = [...keys, ...following.keys];
    const count = args.length + following.args.length;
    return { keys: allKeys, args: [tag, kind, allKeys.length, count, ...args, ...following.args] };
  }
}

function marked(text: string, raw: Buffer | undefined): string | Buffer {
  return raw === undefined ? markRedelivered(text) : markRedeliveredBytes(raw);
}

const ACK: OwnPart = { kind: 'ack', keys: [], args: [] };

interface OwnPart {
  readonly kind: string;
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}
