import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { ProxiedConnection, type CutOrder, type HoldOrder, type Side } from './proxied-connection.js';

/** What is looked for in the bytes that a client sends; a regular expression sees one character for each byte. */
export type RequestPattern = string | RegExp;

/** Stands between clients and a server of 127.0.0.1 and breaks their connections as a test says; passes everything at first. */
export class TcpProxy {
  readonly #connections = new Set<ProxiedConnection>();
  readonly #orders: ((CutOrder | HoldOrder) & { readonly pattern: RegExp })[] = [];
  #server: Server | undefined;
  #isStalled = false;
  #accepted = 0;

  private constructor(
    readonly port: number,
    private targetPort: number,
  ) {}

  /** Listens on a free port of 127.0.0.1 for connections to the server on `targetPort`. */
  static async open(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), targetPort);
    await proxy.#listen();
    return proxy;
  }

  /** The address of a server, with this proxy's port instead of its own. */
  urlFor(url: string): string {
    return url.replace(/(\/\/(?:[^@/]*@)?)[^/]*/, `$1127.0.0.1:${this.port}`);
  }

  /** New connections go to another port from now on; present ones stay. */
  aimAt(targetPort: number): void {
    this.targetPort = targetPort;
  }

  /** Connections that clients have open now. */
  get connectionCount(): number {
    return [...this.#connections].filter(({ isOpen }) => isOpen).length;
  }

  /** Connections accepted since `open`. */
  get acceptedCount(): number {
    return this.#accepted;
  }

  /** Ends `drop` or `stall`: listens again, forwards what has piled up. */
  async pass(): Promise<void> {
    this.#isStalled = false;
    for (const connection of this.#connections) connection.setStalled(false);
    if (this.#server === undefined) await this.#listen();
  }

  /** Destroys all connections and refuses new ones, as where nothing listens, until `pass`. */
  async drop(): Promise<void> {
    this.#isStalled = false;
    const server = this.#server;
    this.#server = undefined;
    const closed = server === undefined ? undefined : once(server, 'close');
    server?.close();
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  /** Accepts connections and forwards nothing, neither bytes nor ends, in either direction, until `pass`. */
  stall(): void {
    this.#isStalled = true;
    for (const connection of this.#connections) connection.setStalled(true);
  }

  /**
   * Sends an end of file to one side of all present connections. The other side is not told, and its bytes go nowhere from then on.
   * New connections pass.
   */
  halfClose(side: Side): void {
    for (const connection of this.#connections) connection.halfClose(side);
  }

  /**
   * Lets the server have the next request that contains the pattern and finish with it, then destroys that connection; nothing of a
   * reply arrives. Once; other connections pass.
   * @returns resolves when the server is done and the connection cut
   */
  cutAfterRequest(pattern: RequestPattern): Promise<void> {
    return this.#cutOnce(pattern, 'after');
  }

  /**
   * Destroys the connection on which the next request that contains the pattern arrives; the server gets none of the bytes that have
   * come with the pattern's end. Once; other connections pass.
   * @returns resolves when the connection is cut
   */
  cutBeforeRequest(pattern: RequestPattern): Promise<void> {
    return this.#cutOnce(pattern, 'before');
  }

  /**
   * Keeps the connection still on which the next request that contains the pattern arrives: before the server gets it, or after that and
   * before the client gets the reply. Once; other connections pass.
   * @returns resolves when it is held, with what lets it go on
   */
  holdRequest(pattern: RequestPattern, what: 'request' | 'reply'): Promise<() => void> {
    return new Promise((done) => this.#orders.push({ pattern: asBytes(pattern), when: `hold-${what}`, done }));
  }

  /** Destroys all connections and stops listening; safe to call twice. */
  close(): Promise<void> {
    return this.drop();
  }

  #cutOnce(pattern: RequestPattern, when: CutOrder['when']): Promise<void> {
    return new Promise((done) => this.#orders.push({ pattern: asBytes(pattern), when, done }));
  }

  /** The order for a chunk in which a pattern ends; each is good for one. */
  #takeOrder(chunk: Buffer, before: Buffer): CutOrder | HoldOrder | undefined {
    if (this.#orders.length === 0) return undefined;
    const text = before.toString('latin1') + chunk.toString('latin1');
    const endsInChunk = (match: RegExpExecArray): boolean => match.index + match[0].length > before.length;
    const at = this.#orders.findIndex(({ pattern }) => [...text.matchAll(pattern)].some(endsInChunk));
    return at < 0 ? undefined : this.#orders.splice(at, 1)[0];
  }

  /** The port may still be held for a moment by what was closed. */
  async #listen(): Promise<void> {
    const deadline = performance.now() + 5_000;
    for (;;) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
      try {
        server.listen(this.port, '127.0.0.1');
        await once(server, 'listening');
        this.#server = server;
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(20);
      }
    }
  }

  #accept(client: Socket): void {
    this.#accepted += 1;
    const connection = new ProxiedConnection(client, this.targetPort, this.#isStalled, {
      onRequest: (chunk, before) => this.#takeOrder(chunk, before),
      onGone: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

/** A pattern for a text in which every character stands for a byte. */
function asBytes(pattern: RequestPattern): RegExp {
  if (typeof pattern !== 'string') return new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
  const bytes = Buffer.from(pattern, 'utf8').toString('latin1');
  return new RegExp(bytes.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`), 'g');
}
