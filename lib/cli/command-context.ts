/** What all commands know of their surroundings. */
export interface CommandContext {
  /** The file that runs as the command, which children of a worker run again. */
  readonly binFile: string;
  /** Set by a command that ends otherwise than well. */
  readonly exit: { code: number };
  /** Of this package. */
  readonly packageFolder: string;
}
