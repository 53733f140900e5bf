/** A value class for what JavaScript has no own type for. */
export interface PythonValue {
  /** How Python writes it, in logs, events and `argsrepr`. */
  toPython(): string;
}
