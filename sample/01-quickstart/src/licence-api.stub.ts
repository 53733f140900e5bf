import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Plays the third party: of ten requests one stalls, two fail, and the rest are answered. */
export async function startLicenceApiStub(): Promise<{ url: string; close: () => void }> {
  const counts = { answered: 0, failed: 0, stalled: 0 };
  let requests = 0;

  const server: Server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/health') return void response.end(JSON.stringify(counts));
    requests += 1;
    if (requests % 10 === 3) {
      counts.stalled += 1;
      return; // never answered: the caller has to give up by itself
    }
    if (requests % 5 === 1) {
      counts.failed += 1;
      response.statusCode = 503;
      return void response.end('{}');
    }
    counts.answered += 1;
    const file = new URL(request.url ?? '/', 'http://stub').searchParams.get('file') ?? '';
    response.end(JSON.stringify({ licence: file.endsWith('.md') ? 'CC-BY-4.0' : 'MIT' }));
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
