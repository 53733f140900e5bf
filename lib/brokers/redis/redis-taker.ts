import type { Delivery } from '../broker.interface.js';
import { TAKE_ROOM } from '../virtual/limits.js';
import { promote, take, takeWaited } from './lua.generated.js';
import type { RedisLink } from '../../connections/index.js';
import { EnvelopeMessage } from '../../protocol/index.js';
import type { RedisContext } from './redis-context.js';
import { RedisDelivery } from './redis-delivery.js';
import { lossesKeyOf } from './redis-envelope.js';
import { draining } from './redis-full.js';
import type { HeldMessages } from './redis-held.js';
import { ConsumedLists, listOf, type QueueList } from './redis-lists.js';
import { formatRedisTag, isRedelivered, parseRedisTag, routingKeyAtEnd } from './redis-record.js';

/** `fenced`: cut off. `stale`: the server does not know this connection; what is held has to be looked through first. */
export type Taken = readonly Delivery[] | 'fenced' | 'stale';

type Reply = readonly [
  status: Buffer,
  now: Buffer,
  due: Buffer,
  paused: readonly Buffer[],
  strays: readonly Buffer[],
  bad: readonly Buffer[],
  places: Buffer,
  texts: readonly Buffer[],
  buried: readonly Buffer[],
];

const taking = draining(take);
const takingWaited = draining(takeWaited);
const promoting = draining(promote);

const LOG_EVERY_MS = 10_000;
const PROMOTE_PAGE = 64;
const STUCK_MS = 100;

/** Moves messages from their lists to one consumer. */
export class RedisTaker {
  /** Given to the server with each take, and changed with each connection: a take that comes late from an old one does nothing. */
  epoch = 0;
  /** When the last take was answered, on the local monotonic clock. */
  polledMs = -Infinity;
  private dueMs = Infinity;
  /** How far the server's time of day is ahead of our monotonic time, when it was last told. */
  private aheadMs: number | undefined;
  private number = 1;
  private toldMs = -Infinity;
  private planned:
    { readonly lists: readonly QueueList[]; readonly keys: string[]; readonly args: (string | number)[] } | undefined;

  constructor(
    private readonly context: RedisContext,
    private readonly lists: ConsumedLists,
    private readonly held: HeldMessages,
    private readonly onPaused: (queues: readonly string[]) => void,
  ) {}

  /** When the next parked message is due, by the local clock; `Infinity` for none. */
  get nextDueMs(): number {
    return this.dueMs;
  }

  /** Other lists are read from now on. */
  replan(): void {
    this.planned = undefined;
  }

  /** @param max 0 only makes what is due visible */
  async take(max: number): Promise<Taken> {
    const { owner, link, longest } = this.context;
    const plan = (this.planned ??= this.plan());
    const first = this.number;
    this.number += max; // whatever comes back, or does not: a number used again would overwrite a held record
    const args = [owner, this.epoch, first, max, TAKE_ROOM, longest, ...plan.args];
    const reply = (await taking.run(link, plan.keys, args, true)) as Reply;
    this.polledMs = this.context.clock.monotonic();
    const status = reply[0].toString();
    if (status === 'FENCED') return 'fenced';
    if (status === 'STALE') return 'stale';
    const [now, due] = [reply[1].toString(), reply[2].toString()];
    const [paused, strays, bad] = [reply[3].map(String), reply[4].map(String), reply[5].map(String)];
    this.learnDue(due === '' ? undefined : Number(due), Number(now));
    // What is due and was not made visible cannot be, or is one of very many: asking at once would keep the server busy.
    if (due !== '' && Number(due) <= Number(now)) this.dueMs = this.context.clock.monotonic() + STUCK_MS;
    this.onPaused(paused);
    if (bad.length > 0) this.tell(bad);
    for (let at = 0; at < reply[8].length; at += 2) this.tellBuried(String(reply[8][at]), String(reply[8][at + 1]));
    if (strays.length > 0) await this.promoteStrays(strays);
    const places = reply[6].toString().split(',');
    return this.receive(reply[7], (index) => plan.lists[Number(places[index]) - 1] as QueueList, first);
  }

  /** One message that a wait on that connection brings: to be sent right behind the wait. */
  async takeWaited(list: QueueList, link: RedisLink): Promise<readonly Delivery[]> {
    const { keys, owner, longest } = this.context;
    const { epoch } = this;
    const number = this.number++;
    const tag = formatRedisTag(owner, list.step, number, true);
    const names = [keys.unacked, keys.index, keys.workers, keys.worker(owner), keys.paused, list.head];
    const args = [owner, epoch, tag, list.queue, list.tail, longest];
    const text = (await takingWaited.run(link, names, args, true)) as Buffer | null;
    // All that was held and not known has been given back since it was sent: what it brings so late was among it.
    return text === null || epoch !== this.epoch ? [] : this.receive([text], () => list, number);
  }

  /** The server's time of day, by which etas and expiries are kept: the clock of this machine may be wrong. */
  now(): number {
    const { clock } = this.context;
    return this.aheadMs === undefined ? clock.now() : clock.monotonic() + this.aheadMs;
  }

  /** @param due in Redis' seconds, as `now` */
  learnDue(due: number | undefined, now: number): void {
    this.aheadMs = now * 1_000 - this.context.clock.monotonic();
    this.dueMs = due === undefined ? Infinity : this.context.clock.monotonic() + (due - now) * 1_000;
  }

  /** A message of our own was parked until that time of day. */
  learnParked(untilMs: number): void {
    this.dueMs = Math.min(this.dueMs, this.context.clock.monotonic() + untilMs - this.now());
  }

  private plan() {
    const { keys } = this.context;
    const lists = this.lists.inOrder();
    return {
      lists,
      keys: [
        keys.unacked,
        keys.index,
        keys.workers,
        keys.paused,
        keys.parked,
        keys.steps,
        keys.worker(this.context.owner),
        ...lists.flatMap(({ head, key, queue }) => [head, key, keys.dead(queue)]),
      ],
      args: lists.flatMap(({ step, queue, tail }) => [step, queue, tail]),
    };
  }

  /** @param first number of the first one */
  private async receive(
    bytes: readonly Buffer[],
    listAt: (index: number) => QueueList,
    first: number,
  ): Promise<readonly Delivery[]> {
    if (bytes.length === 0) return [];
    const texts: string[] = [];
    const messages: EnvelopeMessage[] = [];
    const suspects: number[] = [];
    for (const each of bytes) {
      const text = each.toString();
      const message = new EnvelopeMessage(text);
      // One in the common form is not marked, and to be read anyway.
      if (message.commonHead === undefined && isRedelivered(text)) suspects.push(texts.length);
      texts.push(text);
      messages.push(message);
    }
    const losses =
      suspects.length === 0 ? undefined : await this.readLosses(suspects.map((index) => texts[index] as string));
    const nowMs = this.context.clock.monotonic();
    const deliveries = texts.map((text, index) => {
      const at = losses === undefined ? -1 : suspects.indexOf(index);
      const list = listAt(index);
      const number = first + index;
      const tag = formatRedisTag(this.context.owner, list.step, number, index === 0);
      const lost = losses?.[at] ?? 0;
      return this.held.hold(new RedisDelivery(tag, list, number, lost, text, at >= 0, nowMs, messages[index]));
    });
    const served = listAt(texts.length - 1).queue;
    if (this.lists.queues.length > 1) {
      this.lists.served(served);
      this.planned = undefined;
    }
    return deliveries;
  }

  private async readLosses(texts: readonly string[]): Promise<readonly number[]> {
    const { link, keys } = this.context;
    const counts = await link.call(
      'read losses',
      'mget',
      texts.map((text) => lossesKeyOf(keys, text)),
    );
    return (counts as readonly (string | null)[]).map(Number);
  }

  /** Parked messages of queues that this consumer does not read: they return to their lists all the same. */
  private async promoteStrays(strays: readonly string[]): Promise<void> {
    const { link, keys, log } = this.context;
    const lists = new Map<string, QueueList>();
    for (let at = 0; at < strays.length; at += 2) {
      const [tag = '', end = ''] = strays.slice(at, at + 2);
      const queue = routingKeyAtEnd(end);
      const list = queue === undefined ? undefined : listOf(keys, queue, parseRedisTag(tag)?.step ?? 0);
      if (list === undefined) {
        log.warn(
          `Record "${tag}" of ${link.store} is parked and names no queue; it stays in "${keys.unacked}" and is not looked at again`,
        );
        await link.call('drop a parked tag', 'zrem', [keys.parked, tag]);
      } else lists.set(list.key, list);
    }
    const all = [...lists.values()];
    if (all.length === 0) return;
    await promoting.run(
      link,
      [keys.unacked, keys.index, keys.parked, ...all.map(({ key }) => key)],
      [PROMOTE_PAGE, ...all.flatMap(({ step, tail }) => [step, tail])],
    );
  }

  private tellBuried(queue: string, bytes: string): void {
    const { link, keys, log, longest } = this.context;
    log.warn(
      `A message of queue "${queue}" in ${link.store} takes ${bytes} bytes, more than the ${longest} that any may take under ` +
        `"serialization.maxMessageBytes": it was put into "${keys.dead(queue)}" unread`,
    );
  }

  private tell(bad: readonly string[]): void {
    const { clock, link, log } = this.context;
    if (clock.monotonic() - this.toldMs < LOG_EVERY_MS) return;
    this.toldMs = clock.monotonic();
    const names = bad.map((key) => `"${key}"`).join(', ');
    log.warn(
      `Of ${link.store} ${names} should be a list and is not, so nothing is taken from it: rename or delete that key`,
    );
  }
}
