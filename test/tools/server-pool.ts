import type { Server, StartServer } from './server-catalogue.js';
import type { ServerState } from './servers.js';

const request = /\bdescribeWithServer\(\s*['"]([\w-]+)['"]/g;

/** The servers that specs ask for, each once. */
export function serversNeededBy(specs: readonly string[]): string[] {
  const names = specs.flatMap((text) => [...text.matchAll(request)].map((match) => match[1] ?? ''));
  return [...new Set(names)].sort();
}

/**
 * Starts the named servers side by side. One that cannot be had becomes a reason, never a failure of the others.
 * @param files how many run at a time: of a server each has one for itself
 */
export async function startServers(
  names: readonly string[],
  catalogue: Readonly<Record<string, StartServer>>,
  files = 1,
): Promise<{ states: Record<string, ServerState>; stop(): Promise<void> }> {
  const running: Server[] = [];
  const states: Record<string, ServerState> = {};
  const startOne = async (start: StartServer): Promise<Server> => {
    const server = await start();
    running.push(server);
    return server;
  };
  const startAllOf = async (name: string): Promise<void> => {
    try {
      const start = catalogue[name];
      if (start === undefined) throw new Error('not in test/tools/server-catalogue.ts');
      const first = await startOne(start);
      const others = first.isProgram ? [] : Array.from({ length: files - 1 }, () => startOne(start));
      const urls = [first, ...(await Promise.all(others))].map(({ url }) => url);
      states[name] = { urls, ...(first.standIn === undefined ? {} : { standIn: first.standIn }) };
    } catch (error) {
      states[name] = { reason: error instanceof Error ? error.message : String(error) };
    }
  };
  await Promise.all(names.map(startAllOf));
  return {
    states,
    stop: async () => {
      await Promise.all(running.map((server) => server.stop()));
    },
  };
}
