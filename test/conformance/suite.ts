import { describe, it } from 'vitest';

/** One promise of a contract, as a case that any adapter can be held to. Throws when it is broken. */
export interface ConformanceCase<Bench, Need extends string> {
  readonly name: string;
  /** Abilities without which the promise does not apply. */
  readonly needs?: readonly Need[];
  run(bench: Bench): Promise<void>;
}

/** What a suite is run against: `open` starts on a namespace of its own, `lacking` tells which needs an adapter declares it cannot meet. */
export interface Harness<Bench, Need extends string> {
  open(): Promise<Bench>;
  close(bench: Bench): Promise<void>;
  lacking(bench: Bench, needs: readonly Need[]): readonly Need[];
}

/** Runs the cases as specs; a case whose needs are not met is skipped, saying why. */
export function describeCases<Bench, Need extends string>(
  title: string,
  cases: readonly ConformanceCase<Bench, Need>[],
  harness: Harness<Bench, Need>,
): void {
  describe(title, () => {
    for (const each of cases) {
      it(each.name, async (context) => {
        const lacking = await runCase(each, harness);
        if (lacking.length > 0) context.skip(`not an ability of this adapter: ${lacking.join(', ')}`);
      });
    }
  });
}

/** Runs one case on a bench of its own; returns what the adapter lacks for it, in which case nothing was run. */
export async function runCase<Bench, Need extends string>(
  each: ConformanceCase<Bench, Need>,
  harness: Harness<Bench, Need>,
): Promise<readonly Need[]> {
  const bench = await harness.open();
  try {
    const lacking = harness.lacking(bench, each.needs ?? []);
    if (lacking.length === 0) await each.run(bench);
    return lacking;
  } finally {
    await harness.close(bench);
  }
}

export function caseNamed<Bench, Need extends string>(
  cases: readonly ConformanceCase<Bench, Need>[],
  name: string,
): ConformanceCase<Bench, Need> {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new Error(`The suite has no case named "${name}".`);
  return found;
}
