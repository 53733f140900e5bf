/** What a line is about, for logs that are read by machines. */
export interface TaskLogFields {
  readonly task: string;
  readonly taskId: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** Present where it ran to an end. */
  readonly durationMs?: number;
  readonly state?: string;
}

/** Where a worker writes what it does; Nest's `LoggerService` fits. */
export interface WorkerLog {
  log(message: string, fields?: TaskLogFields): void;
  warn(message: string, fields?: TaskLogFields): void;
  error(message: string, fields?: TaskLogFields): void;
  /** Present where a line for each task that went well is wanted; it costs more than most tasks. */
  task?(message: string, fields: TaskLogFields): void;
}
