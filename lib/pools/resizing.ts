import { PoolResizeError } from '../errors/index.js';

/** What a pool checks before its size changes, and whom it tells afterwards. */
export class Resizing {
  readonly #listeners: (() => void)[] = [];

  /** @param pool its name */
  constructor(private readonly pool: string) {}

  onResize(listener: () => void): void {
    this.#listeners.push(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** @throws {PoolResizeError} unless it is a number of children or slots to add */
  checkGrowth(count: number, size: number): void {
    this.#checkCount('grow', count, size);
  }

  /** @throws {PoolResizeError} unless so many can go */
  checkShrinking(count: number, size: number): void {
    this.#checkCount('shrink', count, size);
    if (count < size) return;
    const most = size === 1 ? 'It cannot shrink.' : `Shrink it by ${size - 1} at most.`;
    throw new PoolResizeError(
      `The pool "${this.pool}" cannot shrink by ${count}: its size is ${size}, and one always stays. ${most}`,
      this.pool,
      size,
    );
  }

  /** @throws {PoolResizeError} always, with what keeps it from being resized */
  refuse(size: number, reason: string): never {
    throw new PoolResizeError(`The pool "${this.pool}" cannot be resized: ${reason}`, this.pool, size);
  }

  #checkCount(verb: string, count: number, size: number): void {
    if (Number.isInteger(count) && count >= 1) return;
    throw new PoolResizeError(
      `The pool "${this.pool}" cannot ${verb} by ${String(count)}: expected a whole number of at least 1.`,
      this.pool,
      size,
    );
  }
}
