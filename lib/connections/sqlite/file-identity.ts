import { statSync } from 'node:fs';
import { StoreIoError } from '../../errors/index.js';
import type { Clock } from '../../time/index.js';

const LOOK_MS = 1_000;

/**
 * Whether the file that was opened is still the one at its path. One that was deleted or replaced can still be written to, for nobody:
 * what is sent would be lost without a word, and a worker would wait for ever.
 */
export class FileIdentity {
  private readonly inode: number | undefined;
  private lookedMs: number;
  private loss: StoreIoError | undefined;

  constructor(
    private readonly file: string,
    private readonly clock: Clock,
  ) {
    this.inode = inodeOf(file);
    this.lookedMs = clock.monotonic();
  }

  /**
   * Looks at most once a second, which costs microseconds.
   * @throws {StoreIoError} once the file is gone, and ever after
   */
  check(): void {
    if (this.loss !== undefined) throw this.loss;
    if (this.clock.monotonic() - this.lookedMs < LOOK_MS) return;
    this.lookedMs = this.clock.monotonic();
    if (inodeOf(this.file) === this.inode) return;
    this.loss = new StoreIoError(
      this.file,
      'the file was deleted or replaced while this process had it open, so what it writes would reach nobody; restart this process',
    );
    throw this.loss;
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
