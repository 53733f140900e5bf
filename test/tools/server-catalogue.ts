import { RedisServer } from './redis-server.js';

/** A server started for a run on a free loopback port. */
export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server, installing it first where that is possible; throws an error whose message says why it cannot be had. */
export type StartServer = () => Promise<Server>;

/** Every server that a spec may ask for with `describeWithServer`. */
export const serverCatalogue = {
  /** Database 0 of a Redis with 256 of them, not persistent. Specs share it: each keeps to a key prefix or a database of its own. */
  redis: () => RedisServer.start(),
} satisfies Record<string, StartServer>;

export type ServerName = keyof typeof serverCatalogue;
