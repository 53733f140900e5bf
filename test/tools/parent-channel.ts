type Answerer = (detail: never) => unknown;

interface Question {
  readonly id: number;
  readonly question: string;
  readonly detail: never;
}

/** In a program that tests start: ends it with the process that has started it, and answers its questions. Does nothing in a pool's child. */
export function answerParent(answers: Readonly<Record<string, Answerer>> = {}): void {
  if (process.send === undefined) return;
  process.once('disconnect', () => process.exit(1));
  process.on('message', ({ id, question, detail }: Question) => {
    void Promise.resolve(answers[question]?.(detail)).then((answer) => process.send?.({ id, answer }));
  });
  // Neither of the two may keep alive a worker that is done.
  (process.channel as unknown as { unref(): void } | undefined)?.unref();
}
