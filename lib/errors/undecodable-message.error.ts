import { TaskQueueError } from './task-queue.error.js';

/** What is wrong with a message that is no envelope. */
export type UndecodableReason = 'not_json' | 'not_an_object' | 'no_headers' | 'no_body' | 'bad_properties' | 'bad_body';

const SENTENCES: Readonly<Record<UndecodableReason, string>> = {
  not_json: 'it is not JSON',
  not_an_object: 'it is JSON, but not an object',
  no_headers: 'it has no "headers" map',
  no_body: 'it has no "body" text',
  bad_properties: 'its "properties" are not a map',
  bad_body: 'its body is not text in the content encoding it names',
};

/** What a broker handed over is not a message envelope, so nothing of it can be read. */
export class UndecodableMessage extends TaskQueueError {
  readonly code = 'TQ_UNDECODABLE_MESSAGE';

  constructor(
    readonly reason: UndecodableReason,
    detail = '',
    options?: ErrorOptions,
  ) {
    super(
      `Cannot decode a message: ${SENTENCES[reason]}${detail && ` (${detail})`}. ` +
        "Look for a program that writes something else than Celery's messages to this queue.",
      options,
    );
  }
}
