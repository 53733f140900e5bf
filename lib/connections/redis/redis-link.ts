import type { Socket as NetSocket } from 'node:net';
import type { Redis } from 'ioredis';
import { ConnectionLostError, RedisRefusedError } from '../../errors/index.js';
import { sleep, type Clock } from '../../time/index.js';
import type { StoreLog } from '../store-log.js';
import { clientOptions } from './redis-client.js';
import { swiftCommand, type Argument, type SwiftCommandClass } from './redis-command.js';
import { describeFailure, isReplyError, isUnsent, refusalReason, toRedisError } from './redis-error.js';
import type { ResolvedRedisStoreOptions } from './redis.options.js';
import { wordsOf, type RedisScript } from './redis-script.js';
import { describeRedis, type RedisAddress } from './redis-url.js';
import { SilenceWatch } from './silence-watch.js';

export interface RedisLinkSetup {
  readonly address: RedisAddress;
  readonly options: ResolvedRedisStoreOptions;
  /** What this connection is for, as `CLIENT LIST` shows it. */
  readonly role: string;
  readonly clock: Clock;
  /** Of several connections to a server one tells of outages. @defaultValue nowhere */
  readonly log?: StoreLog;
  /** Makes the error for a server that cannot be reached. */
  readonly unavailable: (store: string, reason: string, cause?: unknown) => Error;
  /** How long a command may wait at the server before it answers. @defaultValue 0 */
  readonly blocksMs?: number;
  /** Told after each connection but the first. */
  readonly onReconnect?: () => void;
  /** Told when a connection that was ready is gone. */
  readonly onLost?: () => void;
}

/** Told no more often that a server is not there. */
const LOG_EVERY_MS = 10_000;

/**
 * One connection to a Redis server. A command whose reply was lost is never sent again by itself: what comes after is for the
 * caller, who knows whether it may be repeated. It connects again for as long as it is open.
 *
 *   closed --connect--> connecting --> ready --lost--> connecting …    any --close--> closed
 */
export class RedisLink {
  readonly store: string;
  private client: Redis | undefined;
  private command: SwiftCommandClass | undefined;
  private isReady = false;
  private connections = 0;
  private isClosed = false;
  private refusal: Error | undefined;
  private lastError: Error | undefined;
  private toldMs = -Infinity;
  private lostMs: number | undefined;
  private waiters: (() => void)[] = [];
  private readonly silence: SilenceWatch;
  private listener: ((channel: string, text: string, pattern?: string) => void) | undefined;

  constructor(private readonly setup: RedisLinkSetup) {
    this.store = describeRedis(setup.address);
    this.silence = new SilenceWatch({
      clock: setup.clock,
      blocksMs: setup.blocksMs ?? 0,
      bytesRead: () => this.client?.stream?.bytesRead ?? 0,
      onSilence: () => this.reset(),
    });
  }

  get status(): 'closed' | 'connecting' | 'ready' {
    if (this.isReady) return 'ready';
    return this.client === undefined || this.isClosed ? 'closed' : 'connecting';
  }

  /**
   * Tries until `startTimeout` has passed.
   * @throws {RedisRefusedError} at once where trying again would not help
   */
  async connect(): Promise<void> {
    const { options, clock, unavailable } = this.setup;
    const { Redis, Command } = await import('ioredis');
    this.command = swiftCommand(Command);
    const client = (this.client = new Redis(clientOptions(this.setup, () => this.isClosed)));
    client.on('ready', () => this.becameReady());
    client.on('close', () => this.becameLost());
    client.on('error', (error: Error) => this.failed(error));
    client.on('message', (channel: string, text: string) => this.listener?.(channel, text));
    client.on('pmessage', (pattern: string, channel: string, text: string) => this.listener?.(channel, text, pattern));
    client.connect().catch(() => undefined); // told by its events
    // One attempt takes as long as one may.
    const deadline = clock.monotonic() + (options.startTimeoutMs || options.connectTimeoutMs + 1_000);
    while (!this.isReady) {
      const leftMs = deadline - clock.monotonic();
      if (
        this.isClosed ||
        this.refusal !== undefined ||
        leftMs <= 0 ||
        (options.startTimeoutMs === 0 && this.lastError !== undefined)
      ) {
        this.close();
        if (this.refusal !== undefined) throw this.refusal;
        throw unavailable(
          this.store,
          `${describeFailure(this.lastError)} Is the server running, and is the address right?`,
          this.lastError,
        );
      }
      await this.changed(leftMs);
    }
  }

  /**
   * Sends a command, as soon as there is a connection.
   * @param what for errors, as in `publish`
   * @throws {ConnectionLostError} when the connection broke before the reply: it may have run
   * @throws {RedisCommandError} when the server refused it
   * @throws what `unavailable` makes, when there was no connection for `outageTimeout`: it has not run
   */
  async call(what: string, command: string, args: readonly Argument[]): Promise<unknown> {
    if (!this.isReady) await this.ready();
    try {
      return await this.send(command, args, false);
    } catch (error) {
      throw toRedisError(error, this.store, what);
    }
  }

  /** As `call`, with replies as bytes. */
  async callBuffer(what: string, command: string, args: readonly Argument[]): Promise<unknown> {
    if (!this.isReady) await this.ready();
    try {
      return await this.send(command, args, true);
    } catch (error) {
      throw toRedisError(error, this.store, what);
    }
  }

  /** Runs a script, sending its text where the server does not know it. @param asBytes the reply */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly Argument[],
    asBytes = false,
  ): Promise<unknown> {
    if (!this.isReady) await this.ready();
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.send('evalsha', [script.sha, ...rest], asBytes);
    } catch (error) {
      if (!isReplyError(error) || !error.message.startsWith('NOSCRIPT')) {
        throw toRedisError(error, this.store, wordsOf(script));
      }
    }
    const again = [script.text, ...rest]; // it has not run
    return asBytes ? this.callBuffer(wordsOf(script), 'eval', again) : this.call(wordsOf(script), 'eval', again);
  }

  /** Number of the present connection, or of the last one: each that becomes ready has the next. */
  get connection(): number {
    return this.connections;
  }

  /** Has the commands that are sent meanwhile go in one piece, with nothing between them. */
  together<T>(send: () => T): T {
    const stream = this.client?.stream as NetSocket | undefined;
    stream?.cork();
    try {
      return send();
    } finally {
      stream?.uncork();
    }
  }

  /** Hears what is published on the channels that `call('subscribe')` and `call('psubscribe')` name; no other commands pass afterwards. */
  onMessage(listener: (channel: string, text: string, pattern?: string) => void): void {
    this.listener = listener;
  }

  /** Breaks the connection, and connects again: for one that hangs, or a blocked command that is not wanted any more. */
  reset(): void {
    this.deafen();
    const stream = this.client?.stream;
    this.client?.disconnect(true);
    stream?.destroy(); // the driver waits for the other end, which may be gone
  }

  /** Resolves when there is a connection. */
  async ready(withinMs = this.setup.options.outageTimeoutMs): Promise<void> {
    const { clock, unavailable } = this.setup;
    const deadline = clock.monotonic() + withinMs;
    while (!this.isReady) {
      if (this.isClosed || this.client === undefined)
        throw unavailable(this.store, 'it is not connected; call connect() first.');
      const leftMs = deadline - clock.monotonic();
      if (leftMs <= 0) {
        throw unavailable(
          this.store,
          `${describeFailure(this.lastError)} Nothing was sent for ${withinMs} ms ("outageTimeout").`,
          this.lastError,
        );
      }
      await this.changed(leftMs);
    }
  }

  /** Safe to call twice. What waits for a reply fails. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isReady = false;
    this.silence.close();
    this.deafen();
    this.client?.disconnect();
    this.wake();
  }

  /** The driver hears one error of a socket; TLS may have two, and one that nobody hears ends the process. */
  private deafen(): void {
    const stream = this.client?.stream as NetSocket | undefined; // none before the first attempt
    stream?.on('error', () => undefined);
  }

  private async send(command: string, args: readonly Argument[], asBytes: boolean): Promise<unknown> {
    const { client, command: SwiftCommand } = this;
    if (client === undefined || SwiftCommand === undefined) throw new ConnectionLostError(this.store);
    const arrived = this.silence.expect(args);
    try {
      return await client.sendCommand(new SwiftCommand(command, args, { replyEncoding: asBytes ? null : 'utf8' }));
    } catch (error) {
      if (isReplyError(error)) throw error;
      if (isUnsent(error)) this.becameLost(); // or who tries again at once never lets the event of it come
      throw new ConnectionLostError(this.store, { cause: error });
    } finally {
      arrived();
    }
  }

  private becameReady(): void {
    if (this.isClosed) return;
    if (this.refusal !== undefined) {
      // Not where we wanted to be: the driver goes on in database 0 when it may not select another.
      this.refusal = undefined;
      this.client?.disconnect(this.connections > 0);
      return;
    }
    this.isReady = true;
    this.connections += 1;
    if (this.lostMs !== undefined) {
      const awayMs = Math.round(this.setup.clock.monotonic() - this.lostMs);
      this.setup.log?.info(`Connected to ${this.store} again after ${awayMs} ms`);
    }
    this.lostMs = undefined;
    this.toldMs = -Infinity;
    this.wake();
    if (this.connections > 1) this.setup.onReconnect?.();
  }

  private becameLost(): void {
    if (this.isReady) {
      this.lostMs = this.setup.clock.monotonic();
      this.isReady = false;
      if (!this.isClosed) this.setup.onLost?.();
    }
    this.wake();
    if (!this.isClosed) this.tell();
  }

  private failed(error: Error): void {
    this.lastError = error;
    this.deafen();
    if (!isReplyError(error)) return;
    this.refusal = new RedisRefusedError(this.store, refusalReason(error.message), { cause: error });
    this.wake();
    this.tell();
  }

  private tell(): void {
    const nowMs = this.setup.clock.monotonic();
    if (nowMs - this.toldMs < LOG_EVERY_MS) return;
    this.toldMs = nowMs;
    const reason = this.refusal?.message ?? describeFailure(this.lastError);
    this.setup.log?.warn(`No connection to ${this.store}, trying again: ${reason}`);
  }

  /** Resolves at the next change of state, or after that time. */
  private async changed(withinMs: number): Promise<void> {
    const stop = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => this.waiters.push(resolve)),
      sleep(this.setup.clock, withinMs, stop.signal).catch(() => undefined),
    ]);
    stop.abort();
  }

  private wake(): void {
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }
}
