import { randomBytes } from 'node:crypto';

/** A name no other consumer has had: 12 letters and digits. */
export function createOwnerName(): string {
  return Array.from(randomBytes(12), (byte) => (byte % 36).toString(36)).join('');
}
