import { checkBoolean, checkGroup, checkName, refuseUnknownKeys } from './checks.js';

/** How workers are commanded and asked by others: Celery's remote control. */
export interface ControlOptions {
  /** Whether a worker listens for commands. @defaultValue true @source Celery `worker_enable_remote_control` */
  readonly enabled?: boolean;
  /** First word of the exchanges that commands and replies travel by; equal for all who are to understand one another. @defaultValue 'celery' @source Celery `control_exchange` */
  readonly exchange?: string;
}

export interface ResolvedControlOptions {
  readonly enabled: boolean;
  readonly exchange: string;
}

/** @throws {InvalidOptionError | UnknownOptionError} naming the first option that cannot be used */
export function resolveControlOptions(given: ControlOptions = {}): ResolvedControlOptions {
  checkGroup(given, 'control');
  refuseUnknownKeys(given, ['enabled', 'exchange'], 'control');
  return {
    enabled: checkBoolean(given.enabled, true, 'control.enabled'),
    exchange: checkName(given.exchange ?? 'celery', 'control.exchange'),
  };
}
