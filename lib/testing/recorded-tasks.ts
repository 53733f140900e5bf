/** A task that was sent: by a client, by a schedule, or as what follows from another task. Arguments are as the task gets them, across the serializer. */
export interface SentTask {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly queue: string;
  /** Name of the `TaskQueueModule` instance whose broker it went to. */
  readonly instance: string;
  readonly sentAt: Date;
  readonly eta: Date | undefined;
  /** From when it was sent to its eta. @unit milliseconds */
  readonly countdownMs: number | undefined;
  readonly expires: Date | undefined;
  /** 0 to 9, higher is more urgent; `undefined` for none, and for 9, which is the same on the wire of this broker. */
  readonly priority: number | undefined;
  /** The sender's own, and what propagators added. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly ignoreResult: boolean;
  readonly timeLimitMs: number | undefined;
  readonly softTimeLimitMs: number | undefined;
  /** The task that sent it. */
  readonly parentId: string | undefined;
  /** When each of its retries so far was to run: retries are the same task, and no entries of their own. */
  readonly retries: readonly Date[];
}

/** A message that was given up: rejected, of a task nobody declares, undecodable. */
export interface DeadTask {
  readonly reason: string;
  readonly error: string;
  readonly diedAt: Date;
  readonly queue: string;
  readonly instance: string;
  /** `undefined`, as all that follows, where the message cannot be read. */
  readonly task: string | undefined;
  readonly id: string | undefined;
  readonly args: readonly unknown[] | undefined;
  readonly kwargs: Readonly<Record<string, unknown>> | undefined;
}
