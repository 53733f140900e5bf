import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApplicationConfig, ExternalContextCreator } from '@nestjs/core';
import { PayloadValidationError, type PayloadIssue } from '../../errors/index.js';
import { validateArguments, type TaskDefinition } from '../../tasks/index.js';
import { pipeInstances } from './external-context.js';
import { enhancersOf, parameterTypes, PIPES } from './nest-metadata.js';
import { hostModuleOf, type TaskHost } from './nest-types.js';

type Validate = NonNullable<TaskDefinition['validate']>;

/**
 * Makes the check of a task's arguments that its senders run, from its schemas and from the pipes that would see them on the worker: those of its
 * method, its class and, where `globalEnhancers` is on, the application. What a pipe returns is not sent. Pipes that
 * are made for each request, and transient ones beside them, are not there to be asked: they run on the worker alone.
 */
@Injectable()
export class SentArgumentsValidator {
  readonly #creator: ExternalContextCreator;
  readonly #config: ApplicationConfig;

  constructor(creator: ExternalContextCreator, config: ApplicationConfig) {
    this.#creator = creator;
    this.#config = config;
  }

  /** @returns `undefined` for a task whose arguments nothing checks */
  compile(host: TaskHost, definition: Omit<TaskDefinition, 'validate'>): Validate | undefined {
    const { name, options, parameters } = definition;
    const { schema } = options;
    const takesAny = parameters.some(({ kind }) => kind === 'sent' || kind === 'rest');
    const pipes = takesAny ? this.#pipesOf(host, options.globalEnhancers) : [];
    if (schema.length === 0 && pipes.length === 0) return undefined;
    const check = pipes.length === 0 ? undefined : pipeCheck(host, definition, pipes);
    return async (args) => {
      if (schema.length > 0) await validateArguments(name, schema, args, parameters);
      await check?.(args);
    };
  }

  #pipesOf(host: TaskHost, globals: boolean): readonly PipeTransform[] {
    const declared = enhancersOf(PIPES, host.classRef, host.method);
    const all = [...(globals ? this.#config.getGlobalPipes() : []), ...declared];
    const module = hostModuleOf(host);
    const isThere = (pipe: unknown): boolean => {
      const wrapper = typeof pipe === 'function' ? module?.injectables.get(pipe) : undefined;
      if (wrapper === undefined) return true;
      return wrapper.isTransient ? host.wrapper.isDependencyTreeStatic() : wrapper.isDependencyTreeStatic();
    };
    return pipeInstances(this.#creator, module?.token ?? '', all.filter(isThere), host.wrapper.id);
  }
}

function pipeCheck(
  { classRef, method }: TaskHost,
  { name, parameters }: Omit<TaskDefinition, 'validate'>,
  pipes: readonly PipeTransform[],
): Validate {
  const types = parameterTypes(classRef, method) ?? [];
  const slots = parameters.flatMap((parameter, index) =>
    parameter.kind === 'sent' || parameter.kind === 'rest' ? [{ ...parameter, metatype: types[index] }] : [],
  );
  return async (args) => {
    const issues: PayloadIssue[] = [];
    let cause: unknown;
    for (const [index, slot] of slots.entries()) {
      const values = slot.kind === 'rest' ? args.slice(index) : [args[index]];
      for (const [place, value] of values.entries()) {
        try {
          await applyPipes(pipes, value, slot.metatype);
        } catch (error) {
          if (statusOf(error) >= 500) throw error;
          cause ??= error;
          const path = slot.name ?? `argument ${index + place + 1}`;
          issues.push(...messagesOf(error).map((message) => ({ path, message })));
        }
      }
    }
    if (issues.length > 0) throw new PayloadValidationError(name, 'arguments', issues, { cause });
  };
}

/** As Nest's own consumer runs them for a free slot of the task. */
async function applyPipes(pipes: readonly PipeTransform[], value: unknown, metatype: unknown): Promise<void> {
  let current = value;
  for (const pipe of pipes) {
    current = await pipe.transform(current, { type: 'body', metatype: metatype as never, data: undefined });
  }
}

/** Of an `HttpException`, else 0: what a pipe throws is a refusal, unless it says that the fault is on this side. */
function statusOf(error: unknown): number {
  return isHttp(error) ? Number(error.getStatus()) : 0;
}

function isHttp(error: unknown): error is { getStatus(): unknown; getResponse(): unknown } {
  return typeof error === 'object' && error !== null && 'getStatus' in error && 'getResponse' in error;
}

function messagesOf(error: unknown): readonly string[] {
  const response = isHttp(error) ? error.getResponse() : error;
  const message: unknown =
    typeof response === 'object' && response !== null && 'message' in response ? response.message : response;
  return Array.isArray(message) ? message.map(String) : [String(message)];
}
