import { describe, expect, it } from 'vitest';
import { brokerCases, brokerHarness } from './broker.suite.js';
import { brokerFlaws, unflawed, withFlaw } from './flawed-brokers.js';
import { resultBackendFlaws, withFlaw as withResultFlaw } from './flawed-result-backends.js';
import { openMemoryBroker, openMemoryResultBackend } from './memory.subject.js';
import { resultBackendCases, resultBackendHarness } from './result-backend.suite.js';
import { caseNamed, runCase } from './suite.js';

/** How long to wait for what a flawed adapter never does. (That the right one passes, memory.conformance.spec.ts shows.) */
const PATIENCE_MS = 1_000;

describe('the broker suite', () => {
  it.each(brokerFlaws)('fails a broker that $name', async (flaw) => {
    const harness = brokerHarness(async () => {
      const subject = await openMemoryBroker();
      return {
        ...subject,
        connect: async () => withFlaw(await subject.connect(), flaw),
        kill: (consumer) => subject.kill(unflawed(consumer)),
      };
    }, PATIENCE_MS);

    await expect(runCase(caseNamed(brokerCases, flaw.caughtBy), harness)).rejects.toBeInstanceOf(Error);
  });
});

describe('the result backend suite', () => {
  it.each(resultBackendFlaws)('fails a result backend that $name', async (flaw) => {
    const harness = resultBackendHarness(async () => {
      const subject = await openMemoryResultBackend();
      return {
        ...subject,
        connect: async (options) => withResultFlaw(await subject.connect(flaw.options ?? options), flaw),
      };
    }, PATIENCE_MS);

    await expect(runCase(caseNamed(resultBackendCases, flaw.caughtBy), harness)).rejects.toBeInstanceOf(Error);
  });
});
