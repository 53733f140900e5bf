import type { Broker, Fanout } from '../brokers/index.js';
import { UnsupportedByBrokerError } from '../errors/index.js';
import { resolveTerminationSignal, type TerminationSignal } from '../options/index.js';
import { formatControlRequest, mailboxExchange, newId, type ReplyAddress } from '../protocol/index.js';
import type { Serialization } from '../serialization/index.js';
import { parseDuration, sleep, LogicalClock, type Clock, type Duration } from '../time/index.js';
import {
  resolveControlCall,
  type ControlCallOptions,
  type ResizeCallOptions,
  type ResolvedControlCall,
} from './control-call.js';
import { ReplyCollector, type ControlReplies } from './control-replies.js';
import { Inspection } from './inspection.js';
import { ReplyPlace } from './reply-place.js';

export interface TaskControlSetup {
  /** Connected by `connect`, and closed by who owns it. */
  readonly broker: Broker;
  connect(): Promise<void>;
  /** First word of the exchanges. */
  readonly namespace: string;
  readonly serialization: Serialization;
  readonly clock: Clock;
}

/**
 * Asks and commands workers while they run, those of this library and Python's alike. Inject it. Every call resolves with what each node replied, and what those
 * say that refused; who is not there does not reply.
 * @source celery/app/control.py
 */
export class TaskControl {
  /** What workers tell of themselves. */
  readonly inspect: Inspection;
  readonly #setup: TaskControlSetup;
  readonly #clock = new LogicalClock();
  #place: ReplyPlace | undefined;

  constructor(setup: TaskControlSetup) {
    this.#setup = setup;
    this.inspect = new Inspection(this);
  }

  /**
   * Has workers obey any command, such as one of your own, and gathers their replies.
   * @param args keyword arguments of the command
   * @throws {InvalidOptionError | UnknownOptionError} for options that cannot be used
   * @throws {UnsupportedByBrokerError} where the broker cannot reach workers
   */
  async call<T = unknown>(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: ControlCallOptions = {},
  ): Promise<ControlReplies<T>> {
    const call = resolveControlCall(options);
    const fanout = await this.#connect();
    const place = (this.#place ??= this.#createPlace(fanout));
    const [ticket, collector] = [newId(), new ReplyCollector<T>()];
    await place.open(ticket, collector);
    try {
      const heard = await this.#send(fanout, command, args, call, { ticket, address: place.address });
      collector.expect(call.limit ?? expectedOf(call, heard));
      const stop = new AbortController();
      const waiting = sleep(this.#setup.clock, call.timeoutMs, stop.signal).catch(() => undefined);
      await Promise.race([collector.isComplete, waiting]);
      stop.abort();
    } finally {
      place.leave(ticket);
    }
    const { replies, errors } = collector;
    return { replies, errors };
  }

  /** As `call`, and asks for no reply. */
  async broadcast(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    options: Omit<ControlCallOptions, 'timeout' | 'limit'> = {},
  ): Promise<void> {
    await this.#send(await this.#connect(), command, args, resolveControlCall(options));
  }

  /** Keeps tasks from being started; with `terminate` ends those that run as well. `TaskClient.revoke` does so without asking for replies. */
  revoke(
    ids: string | readonly string[],
    running: { readonly terminate?: boolean; readonly signal?: TerminationSignal } = {},
    options?: ControlCallOptions,
  ): Promise<ControlReplies<string>> {
    const { terminate = false, signal } = running;
    const args = { task_id: idsOf(ids), terminate, signal: resolveTerminationSignal(signal) };
    return this.call('revoke', args, options);
  }

  /** Ends tasks that run. */
  terminate(
    ids: string | readonly string[],
    signal?: TerminationSignal,
    options?: ControlCallOptions,
  ): Promise<ControlReplies<string>> {
    return this.call('terminate', { task_id: idsOf(ids), signal: resolveTerminationSignal(signal) }, options);
  }

  /** Keeps tasks from being started that bear one of these values of a stamp; with `terminate` ends those that run as well. */
  revokeByStampedHeaders(
    headers: Readonly<Record<string, string | readonly string[]>>,
    running: { readonly terminate?: boolean; readonly signal?: TerminationSignal } = {},
    options?: ControlCallOptions,
  ): Promise<ControlReplies<string>> {
    const { terminate = false, signal } = running;
    const args = { headers, terminate, signal: resolveTerminationSignal(signal) };
    return this.call('revoke_by_stamped_headers', args, options);
  }

  /** How many of a task may begin in a time, such as `'10/m'`; 0 for no limit. */
  rateLimit(task: string, limit: number | string, options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('rate_limit', { task_name: task, rate_limit: limit }, options);
  }

  /** Limits of a task's running time, for what begins from now on; left out for none. */
  timeLimit(
    task: string,
    limits: { readonly timeLimit?: Duration; readonly softTimeLimit?: Duration },
    options?: ControlCallOptions,
  ): Promise<ControlReplies<string>> {
    const { timeLimit, softTimeLimit } = limits;
    const args = {
      task_name: task,
      hard: secondsOf(timeLimit, 'timeLimit'),
      soft: secondsOf(softTimeLimit, 'softTimeLimit'),
    };
    return this.call('time_limit', args, options);
  }

  /** Has workers take from a further queue. */
  addQueue(queue: string, options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('add_consumer', { queue }, options);
  }

  /** Has workers take no more from a queue. */
  removeQueue(queue: string, options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('cancel_consumer', { queue }, options);
  }

  /** Runs so many more at once; in the first pool of workers that have several, or in the one named. */
  poolGrow(count = 1, options: ResizeCallOptions = {}): Promise<ControlReplies<string>> {
    const { pool, ...call } = options;
    return this.call('pool_grow', { n: count, ...(pool !== undefined && { pool }) }, call);
  }

  /** Runs so many fewer at once, as `poolGrow`. */
  poolShrink(count = 1, options: ResizeCallOptions = {}): Promise<ControlReplies<string>> {
    const { pool, ...call } = options;
    return this.call('pool_shrink', { n: count, ...(pool !== undefined && { pool }) }, call);
  }

  /** Has workers that allow it (`worker.poolRestarts`) replace their processes or threads, which load the application anew. */
  poolRestart(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('pool_restart', {}, options);
  }

  /** Other bounds for pools that are autoscaled; what is left out stays. */
  autoscale(
    bounds: { readonly min?: number; readonly max?: number },
    options?: ControlCallOptions,
  ): Promise<ControlReplies<string>> {
    return this.call('autoscale', { max: bounds.max ?? null, min: bounds.min ?? null }, options);
  }

  enableEvents(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('enable_events', {}, options);
  }

  disableEvents(options?: ControlCallOptions): Promise<ControlReplies<string>> {
    return this.call('disable_events', {}, options);
  }

  /** Has workers send a heartbeat now. */
  heartbeat(options?: Omit<ControlCallOptions, 'timeout' | 'limit'>): Promise<void> {
    return this.broadcast('heartbeat', {}, options);
  }

  /** Ends workers once what they run has ended. They do not reply. */
  shutdown(options?: Omit<ControlCallOptions, 'timeout' | 'limit'>): Promise<void> {
    return this.broadcast('shutdown', {}, options);
  }

  /** Gives up the place for replies; a later call opens another. */
  async close(): Promise<void> {
    await this.#place?.close();
  }

  async #connect(): Promise<Fanout> {
    const { broker } = this.#setup;
    if (broker.fanout === undefined) throw new UnsupportedByBrokerError('command workers', broker.store);
    await this.#setup.connect();
    return broker.fanout;
  }

  #createPlace(fanout: Fanout): ReplyPlace {
    const { namespace, serialization, clock } = this.#setup;
    return new ReplyPlace({ fanout, namespace, serialization, clock, logicalClock: this.#clock });
  }

  /** @returns how many heard of it, where that is known */
  #send(
    fanout: Fanout,
    command: string,
    args: Readonly<Record<string, unknown>>,
    { destination, pattern, matcher, timeoutMs }: ResolvedControlCall,
    reply?: { readonly ticket: string; readonly address: ReplyAddress },
  ): Promise<number | undefined> {
    const { namespace, serialization, clock } = this.#setup;
    const request = formatControlRequest({
      method: command,
      arguments: args,
      destination,
      pattern,
      matcher,
      ...(reply !== undefined && { ticket: reply.ticket, replyTo: reply.address }),
    });
    const expires = reply === undefined ? 0 : (clock.now() + timeoutMs) / 1_000;
    const headers = { clock: this.#clock.forward(), expires };
    const content = serialization.encode('json', request);
    return fanout.broadcast(mailboxExchange(namespace), { routingKey: '', headers, deliveryMode: 2, ...content });
  }
}

/** Nobody but nodes listens there. */
function expectedOf({ destination, pattern }: ResolvedControlCall, heard: number | undefined): number {
  if (destination !== undefined) return Math.min(destination.length, heard ?? Infinity);
  return heard === undefined || (pattern !== undefined && heard > 0) ? Infinity : heard;
}

function idsOf(ids: string | readonly string[]): readonly string[] {
  return typeof ids === 'string' ? [ids] : ids;
}

function secondsOf(duration: Duration | undefined, option: string): number | null {
  return duration === undefined ? null : parseDuration(duration, option) / 1_000;
}
