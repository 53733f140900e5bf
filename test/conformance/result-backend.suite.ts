import { chordsCases } from './cases/chords.cases.js';
import { deadlinesCases } from './cases/deadlines.cases.js';
import { groupsCases } from './cases/groups.cases.js';
import { resultsCases } from './cases/results.cases.js';
import { watchingCases } from './cases/watching.cases.js';
import {
  lackingOf,
  ResultBackendBench,
  type ResultBackendCase,
  type ResultBackendNeed,
  type ResultBackendSubject,
} from './result-backend.bench.js';
import { describeCases, type Harness } from './suite.js';

/** All that a result backend promises. */
export const resultBackendCases: readonly ResultBackendCase[] = [
  ...resultsCases,
  ...watchingCases,
  ...chordsCases,
  ...deadlinesCases,
  ...groupsCases,
];

/** @param open starts on a namespace of its own, so that files can run in parallel */
export function resultBackendHarness(
  open: () => Promise<ResultBackendSubject>,
  patienceMs?: number,
): Harness<ResultBackendBench, ResultBackendNeed> {
  return {
    open: async () => ResultBackendBench.open(await open(), patienceMs),
    close: (bench) => bench.close(),
    lacking: lackingOf,
  };
}

export function describeResultBackend(name: string, open: () => Promise<ResultBackendSubject>): void {
  describeCases(`result backend conformance: ${name}`, resultBackendCases, resultBackendHarness(open));
}
