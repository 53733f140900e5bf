import fc from 'fast-check';

/** How a task of a random workflow goes, run by run. */
export interface Conduct {
  /** Its first delivery it gives back to its queue. */
  readonly givesBack: boolean;
  /** How each run before the last ends: it asks for a retry, or breaks with an error that is retried by itself. */
  readonly early: readonly ('asks' | 'breaks')[];
  /** How the last one fails: with an error of its own, by asking for a retry more than there are, or with one more error that would be retried. */
  readonly fails: 'throws' | 'asks' | 'exhausts' | null;
}

/** Retries that the task "limited" has. */
export const MOST_RETRIES = 2;

/** Mostly those that succeed at once, to which all others shrink. */
export function conducts(): fc.Arbitrary<Conduct> {
  const early = fc.oneof(
    { weight: 7, arbitrary: fc.constant([]) },
    {
      weight: 3,
      arbitrary: fc.array(fc.constantFrom('asks' as const, 'breaks' as const), { minLength: 1, maxLength: 2 }),
    },
  );
  const fails = fc.oneof(
    { weight: 42, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.constantFrom('throws' as const, 'asks' as const, 'exhausts' as const) },
  );
  const givesBack = fc.integer({ min: 0, max: 11 }).map((n) => n === 11);
  return fc
    .record({ givesBack, early, fails })
    .map((conduct) =>
      conduct.fails === 'exhausts'
        ? { ...conduct, early: Array.from({ length: MOST_RETRIES }, () => 'breaks') }
        : conduct,
    );
}
