/** Where a worker writes what it does; Nest's `LoggerService` fits. */
export interface WorkerLog {
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  debug?(message: string): void;
}
