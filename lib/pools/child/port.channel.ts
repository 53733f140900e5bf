import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import type { ChildChannel } from './child-channel.interface.js';

/** The channel of a thread: a message port, which hands over what is posted at once. */
export class PortChannel implements ChildChannel {
  #added: string[] = [];

  constructor(private readonly port: MessagePort) {}

  onFrames(handler: (frames: readonly string[]) => void): void {
    this.port.on('message', (frames: readonly string[]) => handler(withAllThatArrived(this.port, frames)));
  }

  onEnd(handler: () => void): void {
    this.port.once('close', handler);
  }

  add(frame: string): void {
    this.#added.push(frame);
  }

  flush(): boolean {
    if (this.#added.length > 0) {
      this.port.postMessage(this.#added);
      this.#added = [];
    }
    return true;
  }

  whenSent(callback: () => void): void {
    this.flush();
    callback();
  }
}

/**
 * The frames of one message and of all those that lie behind it. A port hands over its messages one by one, so that without this each would be
 * answered by itself, and batches would fall apart for good.
 */
export function withAllThatArrived(port: MessagePort, frames: readonly string[]): readonly string[] {
  const all = [...frames];
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    for (const frame of next.message as readonly string[]) all.push(frame);
  }
  return all;
}
