/** Text as UTF-8, in the standard alphabet and padded. */
export function toBase64(body: string | Uint8Array): string {
  if (typeof body === 'string' && isAscii(body)) return btoa(body);
  const bytes =
    typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.toString('base64');
}

/** Whether a text has as many bytes as characters. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/** How many characters that many bytes become. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Bytes that are encoded at a time: their text is small enough to be short-lived. Divisible by 3. */
const CHUNK = 6 * 1_024;

/** Writes bytes in the standard alphabet, padded. @returns where it ends */
export function writeBase64(bytes: Uint8Array, target: Buffer, at: number): number {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = at;
  for (let from = 0; from < source.length; from += CHUNK) {
    end += target.write(source.toString('base64', from, from + CHUNK), end, 'latin1');
  }
  return end;
}
