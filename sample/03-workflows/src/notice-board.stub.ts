import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Notice } from './notice-board.js';

/** Plays the third party: keeps what is posted. */
export async function startNoticeBoardStub(): Promise<{
  readonly url: string;
  readonly notices: readonly Notice[];
  close(): void;
}> {
  const notices: Notice[] = [];
  const server = createServer((request, response) => {
    json(request)
      .then((notice) => notices.push(notice as Notice))
      .then(
        () => response.end(),
        () => response.writeHead(400).end(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    notices,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
