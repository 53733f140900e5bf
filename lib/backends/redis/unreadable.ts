import { DecodeError } from '../../errors/index.js';

/** The error for what somebody else has stored in another form, which names its key. */
export function unreadable(store: string, key: string, error: unknown): DecodeError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DecodeError(
    `What "${store}" keeps under "${key}" cannot be read: ${reason} All who store results there have to write JSON (Celery's "result_serializer").`,
    { cause: error },
  );
}
