/** What all commands know of their surroundings. */
export interface CommandContext {
  /** The file that runs as the command, which children of a worker run again. */
  readonly binFile: string;
  /** Of this package. */
  readonly packageFolder: string;
}
