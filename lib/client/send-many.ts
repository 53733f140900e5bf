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

interface Sender<S> {
  readonly nameOf: (signature: S) => string;
  /** Makes the message of one. @throws when it cannot be sent */
  readonly prepare: (signature: S) => Promise<ReadyToSend>;
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
    const ready = await prepareAll(entries, sender, fail);
    try {
      await sender.publish(ready.map(({ message }) => message));
    } catch (cause) {
      for (const { index, message } of ready) fail({ index, task: message.task, id: message.id, error: cause });
      throw error(cause);
    }
    sentCount += ready.length;
    for (const each of ready) sender.onSent(each.index, each);
  };

  let index = 0;
  let batch: Batch<S> = { entries: [] };
  for await (const signature of signatures) {
    batch.entries.push({ index: index++, signature });
    if (batch.entries.length < batchSize) continue;
    const full = batch;
    batch = { entries: [] };
    await flush(full);
  }
  if (batch.entries.length > 0) await flush(batch);
  if (failedCount > 0) throw error();
  return { count: sentCount };
}

async function prepareAll<S>(
  entries: Batch<S>['entries'],
  sender: Sender<S>,
  fail: (failure: SendFailure) => void,
): Promise<readonly (ReadyToSend & { readonly index: number })[]> {
  const ready: (ReadyToSend & { readonly index: number })[] = [];
  for (const { index, signature } of entries) {
    try {
      ready.push({ index, ...(await sender.prepare(signature)) });
    } catch (error) {
      fail({ index, task: sender.nameOf(signature), id: undefined, error });
    }
  }
  return ready;
}
