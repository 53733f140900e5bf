import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import type { ClassRef } from './nest-metadata.js';

/** How Nest's container holds one provider; Nest exports the type from no stable path. */
export type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A module of the container. */
export type HostModule = NonNullable<InstanceWrapper['host']>;

/** A method that a provider or controller of the application declares as a task. */
export interface TaskHost {
  readonly wrapper: InstanceWrapper;
  /** The class of the instance, whatever token or factory provides it. */
  readonly classRef: ClassRef;
  readonly method: string;
}

/** `Class.method`. */
export function locationOf({ classRef, method }: TaskHost): string {
  return `${classRef.name}.${method}`;
}

/** The module that provides a task's class. */
export function hostModuleOf({ wrapper }: TaskHost): HostModule | undefined {
  return wrapper.host;
}

/** Enhancers of the whole application that live for one request or one consumer; Nest keeps them apart from the others. */
export function scopedGlobals(config: ApplicationConfig): readonly InstanceWrapper[] {
  return [
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestFilters(),
  ];
}

/** Whether any guard, interceptor, pipe or filter is registered for the whole application. */
export function hasGlobals(config: ApplicationConfig): boolean {
  return (
    config.getGlobalGuards().length > 0 ||
    config.getGlobalInterceptors().length > 0 ||
    config.getGlobalPipes().length > 0 ||
    config.getGlobalFilters().length > 0 ||
    scopedGlobals(config).length > 0
  );
}
