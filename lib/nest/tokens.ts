import { Inject, type InjectionToken } from '@nestjs/common';
import { TaskClient } from '../client/index.js';
import { TaskControl } from '../control/index.js';
import { TaskEvents } from '../events/index.js';
import { TaskQueueHealthIndicator } from './task-queue.health.js';
import { TaskQueueHost } from './task-queue.host.js';

/** Name of the instance that `TaskQueueModule.forRoot()` makes where none is given. */
export const DEFAULT_INSTANCE = 'default';

/** The token of an instance's client: the class for the default one. For `overrideProvider` in tests. */
export function getTaskClientToken(name = DEFAULT_INSTANCE): InjectionToken<TaskClient> {
  return name === DEFAULT_INSTANCE ? TaskClient : tokenOf('client', name);
}

/** The token of an instance's events: the class for the default one. */
export function getTaskEventsToken(name = DEFAULT_INSTANCE): InjectionToken<TaskEvents> {
  return name === DEFAULT_INSTANCE ? TaskEvents : tokenOf('events', name);
}

/** The token of what commands an instance's workers: the class for the default one. */
export function getTaskControlToken(name = DEFAULT_INSTANCE): InjectionToken<TaskControl> {
  return name === DEFAULT_INSTANCE ? TaskControl : tokenOf('control', name);
}

/** The token of an instance's health indicator: the class for the default one. */
export function getTaskQueueHealthToken(name = DEFAULT_INSTANCE): InjectionToken<TaskQueueHealthIndicator> {
  return name === DEFAULT_INSTANCE ? TaskQueueHealthIndicator : tokenOf('health', name);
}

/** The token of what a worker reads of an instance: the class for the default one. */
export function getTaskQueueHostToken(name = DEFAULT_INSTANCE): InjectionToken<TaskQueueHost> {
  return name === DEFAULT_INSTANCE ? TaskQueueHost : tokenOf('host', name);
}

/** Injects the client of a named instance: `@InjectTaskClient('billing') private readonly tasks: TaskClient`. */
export function InjectTaskClient(name = DEFAULT_INSTANCE): ParameterDecorator & PropertyDecorator {
  return Inject(getTaskClientToken(name));
}

/** Injects the events of a named instance. */
export function InjectTaskEvents(name = DEFAULT_INSTANCE): ParameterDecorator & PropertyDecorator {
  return Inject(getTaskEventsToken(name));
}

/** Injects what commands the workers of a named instance. */
export function InjectTaskControl(name = DEFAULT_INSTANCE): ParameterDecorator & PropertyDecorator {
  return Inject(getTaskControlToken(name));
}

function tokenOf(what: string, name: string): symbol {
  return Symbol.for(`nest-task-queue:${what}:${name}`);
}
