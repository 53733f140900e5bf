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
