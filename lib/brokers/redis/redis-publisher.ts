import type { RedisLink } from '../../connections/index.js';
import { BrokerUnavailableError, ConnectionLostError, UnroutableMessageError } from '../../errors/index.js';
import { formatEnvelope, newId, type OutgoingMessage } from '../../protocol/index.js';
import type { Clock } from '../../time/index.js';
import { createOwnerName } from '../virtual/owner-name.js';
import { publish } from './lua.generated.js';
import { PlainBatches, type Peer, type Share } from './plain-batches.js';
import type { RedisKeys } from './redis-keys.js';
import { routeByBindings } from './redis-routing.js';
import { stepOf } from './redis.options.js';

/** Most messages, and most characters of them, of one script call. */
const MOST_MESSAGES = 500;
const MOST_TEXT = 1024 * 1024;
/** Characters from which on a batch goes without the script. */
const WORTH_A_TRANSACTION = 8 * 1024;

/** A message with the queue it goes to, after routing. */
export interface Routed {
  readonly queue: string;
  readonly message: OutgoingMessage;
}

/** Number that the next batch gets; one batch at a time uses it, so that a repeated one can be told from a new one. */
interface Lane {
  readonly key: string;
  next: number;
}

/**
 * Sends messages so that each arrives once: a batch whose reply was lost is sent again under the same number, which the server
 * remembers. Batches in flight at the same time have lanes of numbers of their own.
 */
export class RedisPublisher {
  private readonly sender = createOwnerName();
  private readonly free: Lane[] = [];
  private lanes = 0;
  private readonly plain: PlainBatches;

  constructor(
    private readonly link: RedisLink,
    private readonly keys: RedisKeys,
    private readonly steps: readonly number[],
    private readonly outageTimeoutMs: number,
    private readonly clock: Clock,
  ) {
    this.plain = new PlainBatches(link);
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    const isPlain = messages.every((message) => message.exchange === '');
    const shares = isPlain ? this.shareByQueue(messages) : this.share(await this.route(messages));
    // One after the other: a call that is sent again must not come behind the one after it.
    for (const chunk of inChunks(shares)) await this.deliver(chunk);
  }

  /** @throws {UnroutableMessageError} for one that no queue would get */
  async route(messages: readonly OutgoingMessage[]): Promise<readonly Routed[]> {
    const routed: Routed[] = [];
    for (const message of messages) {
      const { exchange, routingKey, queue, task } = message;
      const queues = exchange === '' ? [queue] : await routeByBindings(this.link, this.keys, exchange, routingKey);
      if (queues.length === 0) throw new UnroutableMessageError(task, exchange, routingKey, this.link.store);
      routed.push(...queues.map((each) => ({ queue: each, message })));
    }
    return routed;
  }

  /** Where a message goes, and its text there: a tag of its own for each copy. */
  place({ queue, message }: Routed): { readonly key: string; readonly step: number; readonly text: string } {
    const step = stepOf(message.priority, this.steps);
    return { key: this.keys.list(queue, step), step, text: formatEnvelope(message, newId()) };
  }

  /** As `share`, for messages that each go to the queue they name; those next to one another mostly name the same one. */
  private shareByQueue(messages: readonly OutgoingMessage[]): Share[] {
    const shares = new Map<string, Share>();
    let [share, queue, priority]: [Share | undefined, string, number] = [undefined, '', NaN];
    for (const message of messages) {
      if (share === undefined || message.queue !== queue || message.priority !== priority) {
        ({ queue, priority } = message);
        const step = stepOf(priority, this.steps);
        const key = this.keys.list(queue, step);
        share = shares.get(key) ?? { key, step, texts: [] };
        shares.set(key, share);
      }
      share.texts.push(formatEnvelope(message, newId()));
    }
    return [...shares.values()];
  }

  private share(routed: readonly Routed[]): Share[] {
    const shares = new Map<string, Share>();
    for (const each of routed) {
      const { key, step, text } = this.place(each);
      let share = shares.get(key);
      if (share === undefined) shares.set(key, (share = { key, step, texts: [] }));
      share.texts.push(text);
    }
    return [...shares.values()];
  }

  private async deliver(shares: readonly Share[]): Promise<void> {
    const rememberS = Math.ceil(this.outageTimeoutMs / 1_000) * 2 + 60;
    const deadline = this.clock.monotonic() + this.outageTimeoutMs;
    const single = singleBigShare(shares);
    let peer = single && this.plain.peer;
    let doubted: Peer | undefined;
    const lane = this.freeLane();
    let number = lane.next++;
    try {
      for (;;) {
        try {
          if (single !== undefined && peer !== undefined) {
            [doubted, peer] = [peer, undefined];
            const outcome = await this.plain.deliver(single, lane.key, number, rememberS);
            if (outcome === 'done') return;
            if (outcome === 'refused') number = lane.next++; // by the script, which says why
            doubted = undefined;
          }
          if (doubted !== undefined) await this.end(doubted);
          doubted = undefined;
          await this.link.run(publish, this.keysOf(lane, shares), argumentsOf(number, rememberS, shares));
          return;
        } catch (error) {
          if (!(error instanceof ConnectionLostError)) throw error;
          const leftMs = deadline - this.clock.monotonic();
          if (leftMs <= 0) throw this.unsure(error);
          await this.link.ready(leftMs).catch((cause: unknown) => {
            throw this.unsure(cause);
          });
        }
      }
    } finally {
      // Of a batch in doubt the number may yet be written, after those of later ones.
      if (doubted === undefined) this.free.push(lane);
      if (single !== undefined) void this.plain.prepare();
    }
  }

  private async end(peer: Peer): Promise<void> {
    try {
      await this.plain.end(peer);
    } catch (error) {
      throw error instanceof ConnectionLostError ? error : this.unsure(error);
    }
  }

  private freeLane(): Lane {
    return this.free.pop() ?? { key: this.keys.sender(`${this.sender}.${this.lanes++}`), next: 1 };
  }

  private keysOf(lane: Lane, shares: readonly Share[]): string[] {
    return [lane.key, this.keys.steps, ...shares.map(({ key }) => key)];
  }

  private unsure(cause: unknown): BrokerUnavailableError {
    return new BrokerUnavailableError(
      this.link.store,
      'the connection broke while messages were being sent, and did not come back in time ("outageTimeout"); they may have been sent or not.',
      { cause },
    );
  }
}

function argumentsOf(number: number, rememberS: number, shares: readonly Share[]): (string | number)[] {
  return [number, rememberS, ...shares.flatMap(({ step, texts }) => [step, texts.length, ...texts])];
}

/** Little text costs a script less than four commands. What it writes to several keys it writes all or none of, other than a transaction, where one may be odd. */
function singleBigShare([share, ...others]: readonly Share[]): Share | undefined {
  if (share === undefined || share.step > 0 || others.length > 0) return undefined;
  const size = share.texts.reduce((sum, text) => sum + text.length, 0);
  return size >= WORTH_A_TRANSACTION ? share : undefined;
}

/** Batches of a size that keeps the server responsive; a first message of any size goes. */
function inChunks(shares: readonly Share[]): Share[][] {
  const chunks: Share[][] = [];
  let [chunk, count, size] = [[] as Share[], 0, 0];
  for (const { key, step, texts } of shares) {
    let share: Share = { key, step, texts: [] };
    for (const text of texts) {
      if (count > 0 && (count >= MOST_MESSAGES || size + text.length > MOST_TEXT)) {
        if (share.texts.length > 0) chunk.push(share);
        chunks.push(chunk);
        [chunk, count, size] = [[], 0, 0];
        share = { key, step, texts: [] };
      }
      share.texts.push(text);
      count += 1;
      size += text.length;
    }
    chunk.push(share);
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
