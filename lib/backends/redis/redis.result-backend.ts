import {
  describeRedis,
  RedisLink,
  type RedisAddress,
  type ResolvedRedisStoreOptions,
  type StoreLog,
} from '../../connections/index.js';
import { ResultBackendUnavailableError } from '../../errors/index.js';
import type { ResultRecord, TaskMeta } from '../../protocol/index.js';
import type { Clock } from '../../time/index.js';
import type {
  EncodedResultText,
  ResultBackend,
  ResultBackendCapabilities,
  ResultListener,
  ResultWatch,
  UnreadableListener,
} from '../result-backend.interface.js';
import type { ResultCodec } from '../result-codec.js';
import { resultKeyPrefix } from './key-prefix.js';
import { inOrder } from './in-order.js';
import { RedisChordStore } from './redis.chord-store.js';
import { RedisDeadlineStore } from './redis.deadline-store.js';
import { RedisGroupStore } from './redis.group-store.js';
import { RedisTexts } from './redis-texts.js';
import { RedisWatch } from './redis-watch.js';
import { repeatWhenLost } from './repeat-when-lost.js';
import { encodeWithin, LARGEST_VALUE } from './result-pages.js';
import { ResultSubscription, type StoredState } from './result-subscription.js';
import { unreadable } from './unreadable.js';

export interface RedisResultBackendSetup {
  readonly address: RedisAddress;
  readonly options: ResolvedRedisStoreOptions;
  readonly codec: ResultCodec;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** Most keys of one command. */
const PAGE = 500;

/**
 * Keeps results in Redis as Celery does, under the same keys, and tells of them on the same channels. All that it does may be done twice, so it goes
 * on by itself when a connection is lost, for as long as `outageTimeout`.
 * @source celery/backends/redis.py
 */
export class RedisResultBackend implements ResultBackend {
  readonly capabilities: ResultBackendCapabilities = { push: true, expires: true, keepsSuccess: true };
  readonly store: string;
  readonly chords: RedisChordStore;
  readonly deadlines: RedisDeadlineStore;
  readonly groups: RedisGroupStore;
  private readonly codec: ResultCodec;
  private readonly texts: RedisTexts;
  private readonly watches = new Set<RedisWatch>();
  private opening: Promise<void> | undefined;
  private connecting: RedisLink | undefined;
  private link: RedisLink | undefined;
  private subscription: ResultSubscription | undefined;

  constructor(private readonly setup: RedisResultBackendSetup) {
    this.store = describeRedis(setup.address);
    this.codec = setup.codec.withKeyPrefix(resultKeyPrefix(setup.options.keyPrefix));
    const run = <T>(operation: (link: RedisLink) => Promise<T>): Promise<T> => {
      const link = this.connected();
      return this.repeat(link, () => operation(link));
    };
    this.texts = new RedisTexts(this.store, run);
    this.chords = new RedisChordStore(run, this.texts, this.codec);
    this.deadlines = new RedisDeadlineStore(run, this.codec);
    this.groups = new RedisGroupStore(run, this.texts, this.codec);
  }

  async connect(): Promise<void> {
    this.opening ??= this.open();
    try {
      await this.opening;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  async storeResults(records: readonly ResultRecord[]): Promise<void> {
    await this.texts.store(this.encode(records));
  }

  async fetch(taskIds: readonly string[]): Promise<readonly (TaskMeta | undefined)[]> {
    const states = await this.fetchStates(taskIds);
    return states.map((state) => {
      if (state instanceof Error) throw state;
      return state;
    });
  }

  async forget(taskIds: readonly string[]): Promise<void> {
    const link = this.connected();
    await this.repeat(link, () =>
      inOrder(pagesOfIds(taskIds).map((page) => link.call('forget results', 'unlink', this.keysOf(page)))),
    );
  }

  async watch(listener: ResultListener, onUnreadable: UnreadableListener = () => undefined): Promise<ResultWatch> {
    this.connected();
    this.subscription ??= this.openSubscription();
    const watch: RedisWatch = new RedisWatch(this.subscription, listener, onUnreadable, () =>
      this.watches.delete(watch),
    );
    this.watches.add(watch);
    return watch;
  }

  encode(records: readonly ResultRecord[]): readonly EncodedResultText[] {
    return records.map((record) => encodeWithin(LARGEST_VALUE, record, this.codec));
  }

  async close(): Promise<void> {
    this.connecting?.close();
    await this.opening?.catch(() => undefined);
    for (const watch of this.watches) await watch.close();
    this.subscription?.close();
    this.opening = this.connecting = this.link = this.subscription = undefined;
  }

  private async open(): Promise<void> {
    this.connecting = this.createLink('results');
    await this.connecting.connect();
    this.link = this.connecting;
  }

  private createLink(role: string, onReconnect?: () => void): RedisLink {
    const { address, options, clock, log } = this.setup;
    return new RedisLink({
      address,
      options,
      role,
      clock,
      log,
      unavailable: (store, reason, cause) => new ResultBackendUnavailableError(store, reason, { cause }),
      ...(onReconnect !== undefined && { onReconnect }),
    });
  }

  private openSubscription(): ResultSubscription {
    const { options, clock, log } = this.setup;
    return new ResultSubscription({
      openLink: (onReconnect) => this.createLink('results-watch', onReconnect),
      fetch: (taskIds) => this.fetchStates(taskIds),
      codec: this.codec,
      outageTimeoutMs: options.outageTimeoutMs,
      clock,
      log,
    });
  }

  /** Never throws for what cannot be read: one bad value must not hide the others. */
  private async fetchStates(taskIds: readonly string[]): Promise<readonly StoredState[]> {
    const link = this.connected();
    const pages = await this.repeat(link, () =>
      inOrder(pagesOfIds(taskIds).map((page) => link.callBuffer('fetch results', 'mget', this.keysOf(page)))),
    );
    const values = pages.flat() as readonly (Buffer | null)[];
    return values.map((value, index) => this.read(taskIds[index] ?? '', value));
  }

  private read(taskId: string, value: Buffer | null): StoredState {
    if (value === null) return undefined;
    try {
      return this.codec.decode(value, taskId);
    } catch (error) {
      return unreadable(this.store, this.codec.keyOf(taskId), error);
    }
  }

  private keysOf(taskIds: readonly string[]): readonly string[] {
    return taskIds.map((taskId) => this.codec.keyOf(taskId));
  }

  private repeat<T>(link: RedisLink, operation: () => Promise<T>): Promise<T> {
    return repeatWhenLost(link, this.setup.clock, this.setup.options.outageTimeoutMs, operation);
  }

  private connected(): RedisLink {
    if (this.link === undefined) {
      throw new ResultBackendUnavailableError(this.store, 'it is not connected; call connect() first.');
    }
    return this.link;
  }
}

function pagesOfIds(taskIds: readonly string[]): readonly (readonly string[])[] {
  const pages: (readonly string[])[] = [];
  for (let start = 0; start < taskIds.length; start += PAGE) pages.push(taskIds.slice(start, start + PAGE));
  return pages;
}
