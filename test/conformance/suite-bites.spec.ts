import { describe, expect, it } from 'vitest';
import { brokerCases, brokerHarness } from './broker.suite.js';
import { brokerFlaws, unflawed, withFlaw } from './flawed-brokers.js';
import { resultBackendFlaws, withFlaw as withResultFlaw } from './flawed-result-backends.js';
import { openMemoryBroker, openMemoryResultBackend } from './memory.subject.js';
import { resultBackendCases, resultBackendHarness } from './result-backend.suite.js';
import { runCase, type ConformanceCase, type Harness } from './suite.js';

/** Enough for what comes at once, as all does here that comes at all. */
const PATIENCE_MS = 250;

describe('the broker suite', () => {
  it.each(brokerFlaws)('fails a broker that $name', { timeout: 30_000 }, async (flaw) => {
    const harness = brokerHarness(async () => {
      const subject = await openMemoryBroker();
      return {
        ...subject,
        connect: async () => withFlaw(await subject.connect(), flaw),
        kill: (consumer) => subject.kill(unflawed(consumer)),
      };
    }, PATIENCE_MS);

    expect(await findFailing(brokerCases, harness)).not.toEqual([]);
  });

  it('passes the broker without a flaw, with as little patience', async () => {
    expect(await findFailing(brokerCases, brokerHarness(openMemoryBroker, PATIENCE_MS))).toEqual([]);
  });
});

describe('the result backend suite', () => {
  it.each(resultBackendFlaws)('fails a result backend that $name', async (flaw) => {
    const harness = resultBackendHarness(async () => {
      const subject = await openMemoryResultBackend();
      return { ...subject, connect: async (options) => withResultFlaw(await subject.connect(options), flaw) };
    }, PATIENCE_MS);

    expect(await findFailing(resultBackendCases, harness)).not.toEqual([]);
  });
});

/** Names of the cases that fail, all run at once: each has a namespace of its own. */
async function findFailing<Bench, Need extends string>(
  cases: readonly ConformanceCase<Bench, Need>[],
  harness: Harness<Bench, Need>,
): Promise<string[]> {
  const failing = await Promise.all(
    cases.map((each) =>
      runCase(each, harness).then(
        () => undefined,
        () => each.name,
      ),
    ),
  );
  return failing.filter((name) => name !== undefined);
}
