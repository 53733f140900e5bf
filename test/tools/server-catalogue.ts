/** A server started for a run on a free loopback port. */
export interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server, installing it first where that is possible; throws an error whose message says why it cannot be had. */
export type StartServer = () => Promise<Server>;

/** Every server that a spec may ask for with `describeWithServer`. None yet: what is built so far needs none. */
export const serverCatalogue = {} satisfies Record<string, StartServer>;

export type ServerName = keyof typeof serverCatalogue;
