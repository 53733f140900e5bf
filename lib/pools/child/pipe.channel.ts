import { Socket } from 'node:net';

import type { ChildChannel } from './child-channel.interface.js';
import { LineCutter } from './frames.js';

/** The channel of a child process: lines through an inherited pipe. */
export class PipeChannel implements ChildChannel {
  readonly #socket: Socket;
  #added = '';

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: true });
    this.#socket.setEncoding('utf8');
    this.#socket.on('error', () => undefined); // the end follows, which says the same
    this.#socket.pause();
  }

  onFrames(handler: (frames: readonly string[]) => void): void {
    const lines = new LineCutter();
    this.#socket.on('data', (chunk: string) => {
      const frames = lines.cut(chunk);
      if (frames.length > 0) handler(frames);
    });
    this.#socket.resume();
  }

  onEnd(handler: () => void): void {
    this.#socket.once('close', handler);
  }

  add(frame: string): void {
    this.#added += `${frame}\n`;
  }

  flush(): boolean {
    if (this.#added !== '') {
      this.#socket.write(this.#added);
      this.#added = '';
    }
    // Node writes to a pipe at once as far as the kernel takes it; only what did not fit is still counted here.
    return this.#socket.writableLength === 0;
  }

  whenSent(callback: () => void): void {
    if (this.flush()) callback();
    else this.#socket.write('', () => callback());
  }
}
