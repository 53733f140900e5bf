import type { ApplicationConfig } from '@nestjs/core';
import { UnusableEnhancerError } from '../../errors/index.js';
import type { TaskParameter } from '../../tasks/index.js';
import { argumentEntries, enhancersOf, FILTERS, GUARDS, INTERCEPTORS, PIPES } from './nest-metadata.js';
import { hasGlobals, hostModuleOf, locationOf, type TaskHost } from './nest-types.js';

/** The method by which Nest knows an enhancer of each kind. */
const METHODS: readonly (readonly [key: string, method: string])[] = [
  [GUARDS, 'canActivate'],
  [INTERCEPTORS, 'intercept'],
  [PIPES, 'transform'],
  [FILTERS, 'catch'],
];

/**
 * Whether calls of a task have to pass Nest's enhancers, or may go to the method directly.
 * @throws {UnusableEnhancerError} when one of the task's own could not run
 */
export function hasEnhancers(
  host: TaskHost,
  parameters: readonly TaskParameter[],
  globals: boolean,
  config: ApplicationConfig,
): boolean {
  const pipes = parameterPipes(host);
  const own = METHODS.map(([key, method]) => ({ method, list: enhancersOf(key, host.classRef, host.method) }));
  for (const { method, list } of [...own, { method: 'transform', list: pipes }]) {
    for (const enhancer of list) refuseUnusable(enhancer, method, host);
  }
  return (
    own.some(({ list }) => list.length > 0) ||
    pipes.length > 0 ||
    parameters.some(({ kind }) => kind === 'injected') ||
    (globals && hasGlobals(config))
  );
}

function parameterPipes({ classRef, method }: TaskHost): readonly unknown[] {
  return Object.values(argumentEntries(classRef, method)).flatMap(({ pipes }) => pipes ?? []);
}

function refuseUnusable(enhancer: unknown, method: string, host: TaskHost): void {
  if (typeof enhancer !== 'function' || typeof Reflect.get(enhancer, method) === 'function') return;
  if (hostModuleOf(host)?.injectables.has(enhancer) !== true) {
    throw new UnusableEnhancerError(enhancer.name, locationOf(host));
  }
}
