import { InvalidOptionError } from '../errors/index.js';
import { checkGroup, checkInteger, checkName, refuseUnknownKeys } from './checks.js';

/** Where a worker answers who asks how it is, over HTTP: `/live` and `/ready`. */
export interface HealthOptions {
  /** `0` takes a free one, which the log names. */
  readonly port: number;
  /** The address it listens on; give '0.0.0.0' where probes come from other machines, as Kubernetes' do. @defaultValue '127.0.0.1' */
  readonly host?: string;
}

export interface ResolvedHealthOptions {
  readonly port: number;
  readonly host: string;
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveHealthOptions(given: HealthOptions | undefined): ResolvedHealthOptions | undefined {
  if (given === undefined) return undefined;
  const path = 'worker.health';
  checkGroup(given, path);
  refuseUnknownKeys(given, ['port', 'host'], path);
  if (given.port === undefined) throw new InvalidOptionError(`${path}.port`, 'given', given.port);
  return {
    port: checkInteger(given.port, 0, { min: 0, max: 65_535 }, `${path}.port`),
    host: checkName(given.host ?? '127.0.0.1', `${path}.host`),
  };
}
