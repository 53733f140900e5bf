import { ConnectionLostError } from '../../errors/index.js';
import type { RedisScript } from '../../connections/index.js';
import type { Delivery, EncodedResult, Settlement } from '../broker.interface.js';
import { complete, renew, settle } from './lua.generated.js';
import type { RedisContext } from './redis-context.js';
import { HeldTable } from './held-table.js';
import { RedisDelivery } from './redis-delivery.js';
import { mayBeBytes } from './redis-given.js';
import { callThoughFull } from './redis-full.js';
import type { QueueList } from './redis-lists.js';
import { SettlementWriter, type SettlementCall } from './redis-settlement.js';

/** Tags of one call that renews. */
const RENEW_PAGE = 500;
/** Messages of one call that settles, and characters of its arguments beyond the first message. */
const SETTLE_PAGE = 64;
const SETTLE_TEXT = 4 * 1024 * 1024;
/** Held messages are renewed no more seldom. */
const LONGEST_RENEWAL_MS = 60_000;

interface Entry {
  readonly held: RedisDelivery;
  readonly settlement: Settlement;
  /** Nothing but an acknowledgement with this result. */
  readonly result: EncodedResult | undefined;
  readonly call: SettlementCall | undefined;
}

/** The messages that one consumer holds, from the take on until they are settled. */
export class HeldMessages {
  private readonly messages = new HeldTable();
  private readonly writer: SettlementWriter;
  private readonly renewalMs: number;
  private settling: Promise<unknown> | undefined;
  private number = 0;
  /** A settlement whose answer never came, by its tags. */
  private unanswered: { readonly number: number; readonly tags: string } | undefined;

  constructor(private readonly context: RedisContext) {
    this.writer = new SettlementWriter(context.keys, context.publisher);
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

  /** One at a time: the server remembers the last answer, so that a settlement whose reply was lost can be asked about again. */
  async settle(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    // Not a chain of promises: once one of them is old, V8 would take all later ones, with their batches, for alive.
    while (this.settling !== undefined) await this.settling.catch(() => undefined);
    const settled = (this.settling = this.settleNow(batch));
    try {
      return await settled;
    } finally {
      this.settling = undefined;
    }
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
    await this.settling;
    await this.settle(this.all().map((delivery) => ({ delivery, as: 'release' })));
  }

  private async settleNow(batch: readonly Settlement[]): Promise<readonly Delivery[]> {
    const lost: Delivery[] = [];
    const entries: Entry[] = [];
    for (const settlement of giveBacksLast(batch, this.messages)) {
      const held = this.messages.get(settlement.delivery);
      if (held === undefined) {
        lost.push(settlement.delivery);
        continue;
      }
      const result = onlyResult(settlement);
      const call = result === undefined ? this.write(settlement, held) : undefined;
      entries.push({ held, settlement, result, call: call instanceof Promise ? await call : call });
    }
    for (const page of inPages(entries)) {
      const notHeld = await this.run(page);
      for (const { held } of page) this.messages.remove(held);
      for (const number of notHeld) lost.push((page[number - 1] as Entry).held);
    }
    return lost;
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

  private async run(page: readonly Entry[]): Promise<readonly number[]> {
    const { link } = this.context;
    const tags = page.map(({ held }) => held.tag).join();
    const number = this.unanswered?.tags === tags ? this.unanswered.number : ++this.number;
    this.unanswered = { number, tags };
    const { script, keys, args } = this.completion(page, number) ?? this.settlement(page, number);
    for (;;) {
      try {
        const lost = (await link.run(script, keys, args)) as readonly number[];
        this.unanswered = undefined;
        return lost;
      } catch (error) {
        if (!(error instanceof ConnectionLostError)) throw error;
        await link.ready();
      }
    }
  }

  private settlement(page: readonly Entry[], number: number): Call {
    const { keys, owner } = this.context;
    const allKeys = [keys.unacked, keys.index, keys.suspects, keys.parked, keys.worker(owner), keys.steps];
    const args: (string | number | Buffer)[] = [number];
    for (const { held, settlement, call = this.writer.write(settlement, held, [], 0) } of page) {
      allKeys.push(...call.keys);
      args.push(...call.args);
    }
    return { script: settle, keys: allKeys, args };
  }

  /** For a page of nothing but results that are kept equally long. */
  private completion(page: readonly Entry[], number: number): Call | undefined {
    const { keys, owner } = this.context;
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
}

interface Call {
  readonly script: RedisScript;
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/** The result of a settlement that is nothing but an acknowledgement with one. */
function onlyResult({ as, results, successors }: Settlement): EncodedResult | undefined {
  if (as !== 'ack' || results?.length !== 1) return undefined;
  return successors === undefined || successors.length === 0 ? results[0] : undefined;
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

function inPages(entries: readonly Entry[]): Entry[][] {
  const pages: Entry[][] = [];
  let [page, size] = [[] as Entry[], 0];
  for (const entry of entries) {
    const text = entry.result?.value.length ?? sizeOf(entry.call?.args ?? []);
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
