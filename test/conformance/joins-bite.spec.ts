import { expect, it } from 'vitest';
import { describeWithServer } from '../tools/servers.js';
import { brokerCases, brokerHarness } from './broker.suite.js';
import { unflawed, withFlaw } from './flawed-brokers.js';
import { joinFlaws } from './flawed-joins.js';
import { openRedisBroker } from './redis.subject.js';
import { caseNamed, runCase } from './suite.js';

/** How long to wait for what a flawed adapter never does. (That the right one passes, redis.conformance.spec.ts shows.) */
const PATIENCE_MS = 500;

describeWithServer('redis', 'the broker suite, of parts that are settled with their messages', (url) => {
  it.each(joinFlaws)('fails a broker that $name', async (flaw) => {
    const harness = brokerHarness(async () => {
      const subject = await openRedisBroker(url);
      return {
        ...subject,
        connect: async () => withFlaw(await subject.connect(), flaw),
        kill: (consumer) => subject.kill(unflawed(consumer)),
      };
    }, PATIENCE_MS);

    await expect(runCase(caseNamed(brokerCases, flaw.caughtBy), harness)).rejects.toBeInstanceOf(Error);
  });
});
