import { SendManyError, type SendFailure } from '../errors/index.js';
import type { OutgoingMessage } from '../protocol/index.js';
import type { AsyncResult } from './async-result.js';

/** A message that is ready, and the result to tell its sender of. */
export interface ReadyToSend {
  readonly message: OutgoingMessage;
  readonly result: AsyncResult<unknown>;
}

export interface SendManyOptions {
  /** How many are sent with one confirm, while as many are made. @defaultValue 200 */
  readonly batchSize?: number;
}

/** What came of a `sendMany` that sent everything. */
export interface SendManyResult {
  readonly count: number;
}

/** Signatures that follow one another. */
interface Batch<S> {
  /** Of the first one, among all. */
  readonly start: number;
  readonly signatures: S[];
}

/** Messages of a batch, without those that cannot be sent. */
interface Prepared {
  readonly indexes: number[];
  readonly ready: ReadyToSend[];
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
 * Sends signatures as they come, batch by batch, so that any number of them passes through bounded memory: one batch is made while the one before it
 * is on its way. One that cannot be sent is skipped and told of in the end; a batch that the broker refuses ends it, and its source is closed.
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

  const publish = async ({ indexes, ready }: Prepared): Promise<void> => {
    try {
      await sender.publish(ready.map(({ message }) => message));
    } catch (cause) {
      ready.forEach(({ message }, at) => {
        fail({ index: indexes[at] as number, task: message.task, id: message.id, error: cause });
      });
      throw error(cause);
    }
    sentCount += ready.length;
    ready.forEach((each, at) => sender.onSent(indexes[at] as number, each));
  };

  let batch: Batch<S> = { start: 0, signatures: [] };
  /** Of the batch before. */
  let publishing: Promise<void> | undefined;
  /** Whether the batch is full. */
  const gather = (signature: S): boolean => batch.signatures.push(signature) >= batchSize;
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = { start: full.start + full.signatures.length, signatures: [] };
    const prepared = await prepareAll(full, sender, fail);
    await publishing;
    publishing = publish(prepared);
    publishing.catch(() => undefined); // thrown where it is waited for
  };
  try {
    // What can be had at once is: each turn of `for await` costs three of the microtask queue.
    if (Symbol.iterator in signatures) for (const each of signatures) if (gather(each)) await flush();
    if (Symbol.asyncIterator in signatures) for await (const each of signatures) if (gather(each)) await flush();
    if (batch.signatures.length > 0) await flush();
    await publishing;
  } finally {
    await publishing?.catch(() => undefined); // also where the source has thrown
  }
  if (failedCount > 0) throw error();
  return { count: sentCount };
}

async function prepareAll<S>(
  { start, signatures }: Batch<S>,
  sender: Sender<S>,
  fail: (failure: SendFailure) => void,
): Promise<Prepared> {
  const prepared: Prepared = { indexes: [], ready: [] };
  for (const [at, signature] of signatures.entries()) {
    const index = start + at;
    try {
      const ready = sender.prepare(signature);
      prepared.ready.push(ready instanceof Promise ? await ready : ready);
      prepared.indexes.push(index);
    } catch (error) {
      fail({ index, task: sender.nameOf(signature), id: undefined, error });
    }
  }
  return prepared;
}
