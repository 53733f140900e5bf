import { debianCelery, flower, newestCelery, type PythonWithCelery } from './python-celery.js';
import { RedisServer } from './redis-server.js';

/** A server started for a run on a free loopback port. */
export interface Server {
  /** Where it listens; for what is no server, such as Celery, the path of what runs it. */
  readonly url: string;
  /** Whether it is no server but a program that any number of specs may run. */
  readonly isProgram?: boolean;
  /** Where it is not what was asked for but its documented second source: which one, and why. */
  readonly standIn?: string;
  stop(): Promise<void>;
}

/** Starts a server, installing it first where that is possible; throws an error whose message says why it cannot be had. */
export type StartServer = () => Promise<Server>;

/** Every server that a spec may ask for with `describeWithServer`. */
export const serverCatalogue = {
  /** Database 0 of a Redis with 256 of them, not persistent. Files that run at a time have one each; specs keep to a key prefix or a database of their own. */
  redis: () => RedisServer.start(),
  /** The newest Celery from PyPI: its `url` is the path of a Python that has it. Debian's stands in where PyPI cannot be reached. */
  celery: async () => asServer(await newestCelery()),
  /** Debian's Celery, an old one: its `url` is the path of a Python that has it. */
  'celery-debian': async () => asServer(await debianCelery()),
  /** Flower from PyPI, with the newest Celery: its `url` is the path of a Python that has both. */
  flower: async () => asServer(await flower()),
} satisfies Record<string, StartServer>;

export type ServerName = keyof typeof serverCatalogue;

function asServer({ python, standIn }: PythonWithCelery): Server {
  return { url: python, isProgram: true, ...(standIn === undefined ? {} : { standIn }), stop: async () => {} };
}
