import { connect, type Socket } from 'node:net';

/** An end of a connection. */
export type Side = 'client' | 'server';

/** What to do with a request: whether the server gets it, and what to call once the connection is cut. */
export interface CutOrder {
  readonly when: 'before' | 'after';
  readonly done: () => void;
}

/** To keep a request from the server, or to let it have the request and keep the reply from the client, until `release`. */
export interface HoldOrder {
  readonly when: 'hold-request' | 'hold-reply';
  readonly done: (release: () => void) => void;
}

export interface ConnectionWatcher {
  /** Asked at every chunk from the client, with the last bytes that came before it. */
  readonly onRequest: (chunk: Buffer, before: Buffer) => CutOrder | HoldOrder | undefined;
  /** Both ends are closed. */
  readonly onGone: () => void;
}

/** So many bytes of what a client has sent are kept, for a pattern that lies across two chunks. */
const overlap = 4_096;

/** One connection of a client, and the one to the server that belongs to it. */
export class ProxiedConnection {
  readonly #server: Socket;
  /** Gets an end of file and no bytes any more, while the other side is not told. */
  #halfClosed: Side | undefined;
  #cut: CutOrder | undefined;
  #isHeld = false;
  #before: Buffer = Buffer.alloc(0);

  constructor(
    private readonly client: Socket,
    targetPort: number,
    private isStalled: boolean,
    private readonly watcher: ConnectionWatcher,
  ) {
    this.#server = connect({ host: '127.0.0.1', port: targetPort, allowHalfOpen: true, noDelay: true });
    if (isStalled) this.#pause(); // before anybody listens for bytes, which would set them going
    client.on('data', (chunk: Buffer) => this.#onRequest(chunk));
    this.#server.on('data', (chunk: Buffer) => this.#forward(chunk, 'client'));
    this.#join('client');
    this.#join('server');
  }

  get isOpen(): boolean {
    return !this.client.destroyed;
  }

  /** Holds back everything, ends included, while the systems' buffers fill; or lets it go. */
  setStalled(isStalled: boolean): void {
    this.isStalled = isStalled;
    if (isStalled) this.#pause();
    else {
      for (const side of ['client', 'server'] as const) {
        if (this.#socket(side).destroyed) this.#onClosed(side);
        else this.#resume(side);
      }
    }
  }

  halfClose(side: Side): void {
    this.#halfClosed = side;
    this.#socket(side).end();
  }

  destroy(): void {
    this.client.destroy();
    this.#server.destroy();
  }

  /** Passes on how a side ends: its end of file as one, anything else by destroying the other. */
  #join(side: Side): void {
    const socket = this.#socket(side);
    socket.on('error', () => undefined); // 'close' follows
    socket.on('end', () => {
      if (this.#halfClosed === undefined && this.#cut === undefined) this.#socket(other(side)).end();
    });
    socket.on('close', () => {
      if (!this.isStalled) this.#onClosed(side);
      if (this.client.destroyed && this.#server.destroyed) this.watcher.onGone();
    });
    socket.on('drain', () => this.#resume(other(side)));
  }

  #onClosed(side: Side): void {
    if (this.#halfClosed === side) return;
    this.#socket(other(side)).destroy();
    this.#cut?.done();
  }

  #onRequest(chunk: Buffer): void {
    if (this.#cut !== undefined) return;
    const order = this.watcher.onRequest(chunk, this.#before);
    this.#before = Buffer.concat([this.#before.subarray(-overlap), chunk.subarray(-overlap)]).subarray(-overlap);
    switch (order?.when) {
      case undefined:
        return this.#forward(chunk, 'server');
      case 'hold-request':
        return this.#hold(order, chunk);
      case 'hold-reply':
        this.#forward(chunk, 'server');
        return this.#hold(order);
      case 'before':
        this.destroy();
        return order.done();
      case 'after':
        this.#forward(chunk, 'server');
        // The end of file makes the server close after the request, so its closing tells that it is done with it.
        this.#cut = order;
        this.#server.end();
    }
  }

  /** @param chunk what the server gets only at the end */
  #hold({ done }: HoldOrder, chunk?: Buffer): void {
    this.#isHeld = true;
    this.#pause();
    done(() => {
      if (!this.#isHeld) return;
      this.#isHeld = false;
      if (chunk !== undefined && !this.#server.destroyed) this.#forward(chunk, 'server');
      this.#resume('client');
      this.#resume('server');
    });
  }

  #forward(chunk: Buffer, to: Side): void {
    if (this.#halfClosed === to || this.#cut !== undefined) return;
    if (!this.#socket(to).write(chunk)) this.#socket(other(to)).pause();
  }

  #pause(): void {
    this.client.pause();
    this.#server.pause();
  }

  #resume(side: Side): void {
    if (!this.isStalled && !this.#isHeld && !this.#socket(other(side)).writableNeedDrain) this.#socket(side).resume();
  }

  #socket(side: Side): Socket {
    return side === 'client' ? this.client : this.#server;
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}
