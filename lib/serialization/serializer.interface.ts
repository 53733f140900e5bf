/** One format of message bodies and results. */
export interface Serializer {
  /** What options call it, such as `json`. */
  readonly name: string;
  /** What messages call it, such as `application/json`. */
  readonly contentType: string;
  /** `utf-8` where it writes text, `binary` where it writes bytes. */
  readonly contentEncoding: string;
  /** @throws {EncodeError} naming the place of what it cannot write */
  encode(value: unknown): string | Uint8Array;
  /**
   * Reads what may come from anyone: must neither run code from it nor crash on it.
   * @throws {DecodeError}
   */
  decode(data: string | Uint8Array): unknown;
}
