import { InvalidOptionError } from '../../errors/index.js';
import { parseDuration, type Duration } from '../../time/index.js';

/** How to trust a server that is reached by `rediss:`. Plain data, which crosses to another process. */
export interface RedisTlsOptions {
  /** Certificates of the authorities to trust, in PEM. @defaultValue those of Node */
  readonly ca?: string;
  /** This side's certificate, in PEM. */
  readonly cert?: string;
  /** Key of this side's certificate, in PEM. */
  readonly key?: string;
  /** Name to expect in the server's certificate. @defaultValue the host of the URL */
  readonly servername?: string;
  /** `false` trusts any server: for tests only. @defaultValue true */
  readonly rejectUnauthorized?: boolean;
}

/** Options of all that speaks to Redis. */
export interface RedisStoreOptions {
  /** Put before every key. Python's side calls it `global_keyprefix`. @defaultValue '' @source kombu `global_keyprefix` */
  readonly keyPrefix?: string;
  /** For `rediss:` only. */
  readonly tls?: RedisTlsOptions;
  /** How long one attempt to connect may take. @defaultValue '5s' @source kombu `socket_connect_timeout` */
  readonly connectTimeout?: Duration;
  /** How long the first connection is tried for; `0` tries once. @defaultValue '60s' for a worker and '5s' for a client */
  readonly startTimeout?: Duration;
  /** How long what is sent waits for a server that is gone, before it fails. @defaultValue '30s' */
  readonly outageTimeout?: Duration;
}

export interface ResolvedRedisStoreOptions {
  readonly keyPrefix: string;
  readonly tls: RedisTlsOptions | undefined;
  readonly connectTimeoutMs: number;
  readonly startTimeoutMs: number;
  readonly outageTimeoutMs: number;
}

const TLS_OPTIONS: readonly (keyof RedisTlsOptions)[] = ['ca', 'cert', 'key', 'servername', 'rejectUnauthorized'];

/** @throws {InvalidOptionError} naming the first option that cannot be used */
export function resolveRedisStoreOptions(
  given: RedisStoreOptions,
  path: string,
  isTls: boolean,
): ResolvedRedisStoreOptions {
  const { keyPrefix = '', tls } = given;
  if (typeof keyPrefix !== 'string') throw new InvalidOptionError(`${path}.keyPrefix`, 'a text', keyPrefix);
  if (tls !== undefined) checkTls(tls, `${path}.tls`, isTls);
  return {
    keyPrefix,
    tls,
    connectTimeoutMs: duration(given.connectTimeout, 5_000, `${path}.connectTimeout`),
    startTimeoutMs: duration(given.startTimeout, 5_000, `${path}.startTimeout`),
    outageTimeoutMs: duration(given.outageTimeout, 30_000, `${path}.outageTimeout`),
  };
}

function checkTls(tls: RedisTlsOptions, option: string, isTls: boolean): void {
  if (!isTls)
    throw new InvalidOptionError(option, 'left out with "redis:"; encrypted connections begin with "rediss:"', tls);
  if (typeof tls !== 'object' || tls === null) throw new InvalidOptionError(option, 'an object of options', tls);
  for (const [name, value] of Object.entries(tls)) {
    if (!(TLS_OPTIONS as readonly string[]).includes(name)) {
      throw new InvalidOptionError(`${option}.${name}`, `one of ${TLS_OPTIONS.join(', ')}`, '(hidden)');
    }
    const isFine = name === 'rejectUnauthorized' ? typeof value === 'boolean' : typeof value === 'string';
    if (!isFine && value !== undefined) {
      const expected =
        name === 'rejectUnauthorized' ? 'true or false' : 'a text: plain data that crosses to other processes';
      throw new InvalidOptionError(`${option}.${name}`, expected, typeof value);
    }
  }
}

function duration(given: Duration | undefined, fallback: number, option: string): number {
  return given === undefined ? fallback : parseDuration(given, option);
}
