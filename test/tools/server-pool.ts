import type { Server, StartServer } from './server-catalogue.js';
import type { ServerState } from './servers.js';

const request = /\bdescribeWithServer\(\s*['"]([\w-]+)['"]/g;

/** The servers that specs ask for, each once. */
export function serversNeededBy(specs: readonly string[]): string[] {
  const names = specs.flatMap((text) => [...text.matchAll(request)].map((match) => match[1] ?? ''));
  return [...new Set(names)].sort();
}

/** Starts the named servers side by side. One that cannot be had becomes a reason, never a failure of the others. */
export async function startServers(
  names: readonly string[],
  catalogue: Readonly<Record<string, StartServer>>,
): Promise<{ states: Record<string, ServerState>; stop(): Promise<void> }> {
  const running: Server[] = [];
  const states: Record<string, ServerState> = {};
  const startOne = async (name: string): Promise<void> => {
    try {
      const start = catalogue[name];
      if (start === undefined) throw new Error('not in test/tools/server-catalogue.ts');
      const server = await start();
      running.push(server);
      states[name] = { url: server.url, ...(server.standIn === undefined ? {} : { standIn: server.standIn }) };
    } catch (error) {
      states[name] = { reason: error instanceof Error ? error.message : String(error) };
    }
  };
  await Promise.all(names.map(startOne));
  return {
    states,
    stop: async () => {
      await Promise.all(running.map((server) => server.stop()));
    },
  };
}
