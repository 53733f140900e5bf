import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidOptionError } from '../../errors/index.js';
import type { ResolvedHealthOptions } from '../../options/index.js';
import type { WorkerLog } from '../../worker/index.js';
import type { WorkerHealth } from './worker-health.js';

const STARTING: WorkerHealth = { state: 'starting', isLive: true, isReady: false, silentMs: 0, active: 0, slots: 0 };

/** Answers who asks over HTTP how a worker is, from before it connects to its broker until it has ended. */
export class HealthServer {
  private health: () => WorkerHealth = () => STARTING;

  private constructor(
    private readonly server: Server,
    /** Without a path. */
    readonly url: string,
  ) {
    server.on('request', (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://worker');
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      if (!isRead) return answer(response, 405, { error: 'Only GET is answered.' });
      const { isLive, isReady, ...about } = this.health();
      if (pathname === '/live') return tell(response, isLive, about);
      if (pathname === '/ready') return tell(response, isReady, about);
      answer(response, 404, { error: 'There are /live and /ready.' });
    });
  }

  /** @throws {InvalidOptionError} when it cannot listen there */
  static async open({ host, port }: ResolvedHealthOptions, log: WorkerLog): Promise<HealthServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const option = error.code === 'EADDRINUSE' || error.code === 'EACCES' ? 'worker.health.port' : 'worker.health';
        reject(
          new InvalidOptionError(option, `one that it can listen on at ${host} (${error.message})`, port, {
            cause: error,
          }),
        );
      });
      server.listen(port, host, () => resolve());
    });
    const { address, family, port: actual } = server.address() as AddressInfo;
    const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`;
    log.log(`Tells how it is at ${url}/live and ${url}/ready`);
    return new HealthServer(server, url);
  }

  /** From now on it tells of this worker. */
  attach(health: () => WorkerHealth): void {
    this.health = health;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

function tell(response: ServerResponse, isWell: boolean, about: object): void {
  answer(response, isWell ? 200 : 503, { status: isWell ? 'up' : 'down', ...about });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
