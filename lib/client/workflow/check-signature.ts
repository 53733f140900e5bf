import { InvalidSignatureError } from '../../errors/index.js';

/**
 * Refuses what is no signature, before it is asked for its map.
 * @throws {InvalidSignatureError}
 */
export function checkSignature(given: unknown): void {
  if (typeof given === 'object' && given !== null && 'toMap' in given) return;
  throw new InvalidSignatureError(
    'workflow',
    'a signature, such as tasks.for(BillingTasks).sendInvoice.s(); what graph() and group.from() return is sent by apply() alone',
    given,
  );
}
