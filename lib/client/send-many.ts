import { SendManyError, type SendFailure } from '../errors/index.js';
import type { OutgoingMessage } from '../protocol/index.js';
import type { AsyncResult } from './async-result.js';

/** A message that is ready, and the result to tell its sender of. */
export interface ReadyToSend {
  readonly message: OutgoingMessage;
  readonly result: AsyncResult<unknown>;
}

export interface SendManyOptions {
  /** How many are sent with one confirm, and held in memory at once. @defaultValue 500 */
  readonly batchSize?: number;
}

/** What came of a `sendMany` that sent everything. */
export interface SendManyResult {
  readonly count: number;
}

interface Batch<S> {
  readonly entries: { readonly index: number; readonly signature: S }[];
}

interface Prepared {
  readonly index: number;
  readonly ready: ReadyToSend;
}

interface Sender<S> {
  readonly nameOf: (signature: S) => string;
  /** Makes the message of one; without a promise where nothing has to be waited for. @throws when it cannot be sent */
  readonly prepare: (signature: S) => ReadyToSend | Promise<ReadyToSend>;
  readonly publish: (messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Told of those that were confirmed. */
  readonly onSent: (index: number, ready: ReadyToSend) => void;
}

const MOST_FAILURES = 1_000;

/**
 * Sends signatures as they come, batch by batch, so that any number of them passes through bounded memory. One that cannot be sent is skipped and
 * told of in the end; a batch that the broker refuses ends it, and its source is closed.
 * @throws {SendManyError} when not all were sent
 */
export async function sendInBatches<S>(
  signatures: Iterable<S> | AsyncIterable<S>,
  batchSize: number,
  sender: Sender<S>,
  idsOfAll?: () => readonly (string | undefined)[],
): Promise<SendManyResult> {
  const failures: SendFailure[] = [];
  let sentCount = 0;
  let failedCount = 0;
  const fail = (failure: SendFailure): void => {
    if (failedCount++ < MOST_FAILURES) failures.push(failure);
  };
  const error = (cause?: unknown): SendManyError =>
    new SendManyError(sentCount, failedCount, failures, idsOfAll?.(), cause === undefined ? undefined : { cause });

  const flush = async ({ entries }: Batch<S>): Promise<void> => {
    const prepared = await prepareAll(entries, sender, fail);
    try {
      await sender.publish(prepared.map(({ ready }) => ready.message));
    } catch (cause) {
      for (const { index, ready } of prepared) {
        fail({ index, task: ready.message.task, id: ready.message.id, error: cause });
      }
      throw error(cause);
    }
    sentCount += prepared.length;
    for (const { index, ready } of prepared) sender.onSent(index, ready);
  };

  let index = 0;
  let batch: Batch<S> = { entries: [] };
  /** Whether the batch is full. */
  const gather = (signature: S): boolean => batch.entries.push({ index: index++, signature }) >= batchSize;
  const flushFull = (): Promise<void> => {
    const full = batch;
    batch = { entries: [] };
    return flush(full);
  };
  // What can be had at once is: each turn of `for await` costs three of the microtask queue.
  if (Symbol.iterator in signatures) for (const each of signatures) if (gather(each)) await flushFull();
  if (Symbol.asyncIterator in signatures) for await (const each of signatures) if (gather(each)) await flushFull();
  if (batch.entries.length > 0) await flush(batch);
  if (failedCount > 0) throw error();
  return { count: sentCount };
}

async function prepareAll<S>(
  entries: Batch<S>['entries'],
  sender: Sender<S>,
  fail: (failure: SendFailure) => void,
): Promise<readonly Prepared[]> {
  const prepared: Prepared[] = [];
  for (const { index, signature } of entries) {
    try {
      const ready = sender.prepare(signature);
      prepared.push({ index, ready: ready instanceof Promise ? await ready : ready });
    } catch (error) {
      fail({ index, task: sender.nameOf(signature), id: undefined, error });
    }
  }
  return prepared;
}
