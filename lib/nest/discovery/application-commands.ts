import type { ModulesContainer } from '@nestjs/core';
import { CELERY_COMMANDS, readControlCommands, type CommandArguments, type OwnCommand } from '../../control/index.js';
import { ControlCommandError } from '../../errors/index.js';
import { discoverClasses } from './discovered-method.js';

/** The `@ControlCommand()` methods of one application. */
export class ApplicationCommands {
  readonly #byName = new Map<string, { readonly location: string; readonly run: OwnCommand }>();

  constructor(private readonly modules: ModulesContainer) {}

  /** Reads them for good. @throws {ControlCommandError} for two of one name, one of Celery's, or a provider of a request */
  load(): void {
    for (const [classRef, wrapper] of discoverClasses(this.modules)) {
      for (const [name, method] of readControlCommands(classRef.prototype as object)) {
        const location = `${classRef.name}.${method}`;
        this.#check(name, location);
        if (!wrapper.isDependencyTreeStatic()) {
          throw new ControlCommandError(
            `Command "${name}" (${location}) is of a provider that is made for each request: nobody has made one where a command comes. Give it the default scope.`,
          );
        }
        const run: OwnCommand = (args) => {
          const instance = wrapper.instance as Readonly<Record<string, OwnCommand>>;
          return instance[method]?.(args);
        };
        this.#byName.set(name, { location, run });
      }
    }
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** What the method returns. @throws what it throws */
  async run(name: string, args: CommandArguments): Promise<unknown> {
    const command = this.#byName.get(name);
    if (command === undefined) throw new ControlCommandError(`The application has no command "${name}".`);
    return command.run(args);
  }

  #check(name: string, location: string): void {
    const twin = this.#byName.get(name);
    if (twin !== undefined) {
      throw new ControlCommandError(
        `Command "${name}" is declared twice: by ${twin.location} and by ${location}. Give one of them another name.`,
      );
    }
    if (CELERY_COMMANDS.includes(name)) {
      throw new ControlCommandError(`Command "${name}" (${location}) is one of Celery's own. Give it another name.`);
    }
  }
}
