import { ConnectionLostError } from '../../errors/index.js';
import type {
  Delivery,
  EncodedResult,
  JoinAnswer,
  JoinSettlement,
  Settlement,
  SettlementEffects,
} from '../broker.interface.js';
import { renew } from './lua.generated.js';
import type { RedisContext } from './redis-context.js';
import { HeldTable } from './held-table.js';
import { RedisDelivery } from './redis-delivery.js';
import { mayBeBytes } from './redis-given.js';
import { callThoughFull } from './redis-full.js';
import type { QueueList } from './redis-lists.js';
import { SettlementWriter, type EffectsCall, type SettlementCall } from './redis-settlement.js';
import { SettlementLine, type ScriptCall } from './settlement-line.js';
import {
  countCall,
  joinCall,
  joinPages,
  onlyPart,
  onlyResult,
  settleCall,
  settlePages,
  type JoinEntry,
  type SettleEntry,
} from './settlement-pages.js';

/** Tags of one call that renews. */
const RENEW_PAGE = 500;
/** Held messages are renewed no more seldom. */
const LONGEST_RENEWAL_MS = 60_000;

/** The messages that one consumer holds, from the take on until they are settled. */
export class HeldMessages {
  private readonly messages = new HeldTable();
  private readonly writer: SettlementWriter;
  private readonly renewalMs: number;
  private readonly line: SettlementLine;

  constructor(private readonly context: RedisContext) {
    this.writer = new SettlementWriter(context.keys, context.publisher);
    this.line = new SettlementLine(context.link);
    this.renewalMs = Math.min(LONGEST_RENEWAL_MS, context.options.visibilityTimeoutMs / 3);
  }

  /** @param number never used before by this owner */
  add(tag: string, list: QueueList, number: number, text: string, losses: number, redelivered: boolean): Delivery {
    const nowMs = this.context.clock.monotonic();
    return this.hold(new RedisDelivery(tag, list, number, losses, text, redelivered, nowMs));
  }

  hold(delivery: RedisDelivery): Delivery {
    this.messages.add(delivery);
    return delivery;
  }

  forget(delivery: Delivery): void {
    this.messages.remove(delivery);
  }

  all(): readonly Delivery[] {
    return [...this.messages];
  }

  settle(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    return this.line.enter(() => this.settleNow(batch));
  }

  join(batch: readonly JoinSettlement[]): Promise<JoinAnswer> {
    return this.line.enter(() => this.joinNow(batch));
  }

  async markStarted(deliveries: readonly Delivery[]): Promise<void> {
    const { link, keys } = this.context;
    for (;;) {
      const fields = deliveries.filter((each) => this.messages.get(each) !== undefined).flatMap(({ tag }) => [tag, 1]);
      if (fields.length === 0) return;
      try {
        await callThoughFull({ link, keys }, 'mark messages as started', 'hset', [keys.suspects], fields);
        return;
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        await link.ready();
      }
    }
  }

  /** Shows that they are held; returns those that are not. */
  async renew(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { link, keys, owner, clock } = this.context;
    const lost: Delivery[] = [];
    for (let at = 0; at < deliveries.length; at += RENEW_PAGE) {
      const page = deliveries.slice(at, at + RENEW_PAGE);
      const sentMs = clock.monotonic();
      const tags = page.map(({ tag }) => tag);
      const reply = await link.run(renew, [keys.unacked, keys.index, keys.workers], [owner, ...tags]);
      const [status, ...gone] = reply as [string, ...number[]];
      const isGone = new Set(gone);
      page.forEach((delivery, index) => {
        const held = this.messages.get(delivery);
        if (held === undefined || status !== 'OK' || isGone.has(index + 1)) lost.push(delivery);
        else held.renewedMs = sentMs;
      });
    }
    return lost;
  }

  /** Renews what has been held for so long that a Python worker might take it for abandoned; forgets and returns what is lost. */
  async renewOld(): Promise<readonly Delivery[]> {
    const before = this.context.clock.monotonic() - this.renewalMs;
    const old: Delivery[] = [];
    for (const held of this.messages) if (held.renewedMs <= before) old.push(held);
    return this.renewOrForget(old);
  }

  /** The same for all: the server may have forgotten them. */
  renewAll(): Promise<readonly Delivery[]> {
    return this.renewOrForget(this.all());
  }

  private async renewOrForget(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    const lost = deliveries.length === 0 ? [] : await this.renew(deliveries);
    return lost.filter((delivery) => this.messages.remove(delivery));
  }

  /** Gives back all, in its order, as if never taken. */
  async releaseAll(): Promise<void> {
    await this.line.idle();
    await this.settle(this.all().map((delivery) => ({ delivery, as: 'release' })));
  }

  private async settleNow(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    const lost: Delivery[] = [];
    const entries: SettleEntry[] = [];
    for (const settlement of giveBacksLast(batch, this.messages)) {
      const held = this.messages.get(settlement.delivery);
      if (held === undefined) {
        lost.push(settlement.delivery);
        continue;
      }
      const result = onlyResult(settlement);
      if (result !== undefined) {
        entries.push({ held, result, call: undefined });
        continue;
      }
      const call = this.write(settlement, held);
      entries.push({ held, result: undefined, call: call instanceof Promise ? await call : call });
    }
    for (const page of settlePages(entries)) {
      const notHeld = await this.run('settle', page, (number) => this.settlement(page, number));
      for (const { held } of page) this.messages.remove(held);
      for (const number of notHeld) lost.push((page[number - 1] as SettleEntry).held);
    }
    return lost;
  }

  private async joinNow(batch: readonly JoinSettlement[]): Promise<JoinAnswer> {
    const [lost, yours]: [Delivery[], Delivery[]] = [[], []];
    const entries: JoinEntry[] = [];
    for (const settlement of batch) {
      const held = this.messages.get(settlement.delivery);
      if (held === undefined) {
        lost.push(settlement.delivery);
        continue;
      }
      const { part } = settlement;
      const result = onlyPart(settlement);
      if (result !== undefined) {
        entries.push({ held, part, result, effects: undefined });
        continue;
      }
      const effects = this.writeEffects(settlement);
      entries.push({ held, part, result, effects: effects instanceof Promise ? await effects : effects });
    }
    for (const page of joinPages(entries)) {
      const stay = new Set<RedisDelivery>();
      for (const number of await this.joinPage(page)) {
        const { held } = page[Math.abs(number) - 1] as JoinEntry;
        (number > 0 ? lost : yours).push(held);
        if (number < 0) stay.add(held);
      }
      for (const { held } of page) if (!stay.has(held)) this.messages.remove(held);
    }
    return { lost, yours };
  }

  /** Most pages are far from the end of their chord. */
  private async joinPage(page: readonly JoinEntry[]): Promise<readonly number[]> {
    const { keys, owner } = this.context;
    const count = countCall(page, keys, owner);
    if (count !== undefined) {
      const lost = await this.run('count', page, count);
      if (lost[0] !== 0) return lost;
    }
    const write = (result: EncodedResult): EffectsCall => this.writer.writeEffects({ results: [result] }, []);
    return this.run('join', page, (number) => joinCall(page, number, keys, owner, write));
  }

  private writeEffects(effects: SettlementEffects): EffectsCall | Promise<EffectsCall> {
    const routed = this.writer.route(effects);
    return Array.isArray(routed)
      ? this.writer.writeEffects(effects, routed)
      : Promise.resolve(routed).then((later) => this.writer.writeEffects(effects, later));
  }

  private write(settlement: Settlement, held: RedisDelivery): SettlementCall | Promise<SettlementCall> {
    const nowMs = this.context.clock.now();
    const routed = this.writer.route(settlement);
    if (Array.isArray(routed) && !(writesText(settlement) && mayBeBytes(held.text))) {
      return this.writer.write(settlement, held, routed, nowMs);
    }
    return this.writeSlowly(settlement, held, nowMs);
  }

  private async writeSlowly(settlement: Settlement, held: RedisDelivery, nowMs: number): Promise<SettlementCall> {
    const raw = writesText(settlement) ? await this.readBytes(held) : undefined;
    return this.writer.write(settlement, held, await this.writer.route(settlement), nowMs, raw);
  }

  /** What was taken as text and may be none. */
  private async readBytes({ tag, list }: RedisDelivery): Promise<Buffer | undefined> {
    const { link, keys } = this.context;
    const record = await link.callBuffer('read a message', 'hget', [keys.unacked, tag]);
    if (!Buffer.isBuffer(record)) return undefined;
    return record.subarray(1, record.length - Buffer.byteLength(list.tail));
  }

  private run(
    what: string,
    page: readonly { readonly held: RedisDelivery }[],
    callOf: (number: number) => ScriptCall,
  ): Promise<readonly number[]> {
    return this.line.run(`${what} ${page.map(({ held }) => held.tag).join()}`, callOf);
  }

  private settlement(page: readonly SettleEntry[], number: number): ScriptCall {
    const { keys, owner } = this.context;
    return settleCall(page, number, keys, owner, ({ held, result }) =>
      this.writer.write({ delivery: held, as: 'ack', results: [result] }, held, [], 0),
    );
  }
}

/** Whether the message itself is written again. */
function writesText({ as }: Settlement): boolean {
  return as !== 'ack' && as !== 'park';
}

/** Those that go back to the front of a list come last, the newest of them first, so that the oldest stands outermost. */
function giveBacksLast(batch: readonly Settlement[], messages: HeldTable): readonly Settlement[] {
  const isGivenBack = ({ as }: Settlement): boolean => as === 'release' || as === 'requeue';
  if (!batch.some(isGivenBack)) return batch;
  const numberOf = ({ delivery }: Settlement): number => messages.get(delivery)?.number ?? 0;
  const givenBack = batch.filter(isGivenBack).sort((one, other) => numberOf(other) - numberOf(one));
  return [...batch.filter((settlement) => !isGivenBack(settlement)), ...givenBack];
}
