import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems hand out for outgoing connections: a port from there could go to a client while a test keeps its
 * server down, even to the client that tries to reconnect, which would then be connected to itself.
 */
const lowest = 20_000;
const highest = 32_000;

/** A port of 127.0.0.1 on which nothing listens and which no outgoing connection gets. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port was found between ${lowest} and ${highest} on 127.0.0.1.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return true;
  } catch {
    return false;
  }
}
