/** How the command ends; README.md has the same table. */
export const EXIT = {
  /** It did what was asked; a worker was told to stop. */
  ok: 0,
  /** It could not: the application cannot boot, a store cannot be reached, a task failed. */
  failure: 1,
  /** It was asked for something that cannot be done: a flag, a value or a file is wrong. */
  usage: 2,
  /** Nobody answered in time: no worker, or no result. The number is Celery's. */
  noAnswer: 69,
} as const;
