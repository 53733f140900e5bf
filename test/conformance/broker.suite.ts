import { abilitiesCases } from './cases/abilities.cases.js';
import { deathCases } from './cases/death.cases.js';
import { fanoutCases } from './cases/fanout.cases.js';
import { jointResultsCases } from './cases/joint-results.cases.js';
import { joinsCases } from './cases/joins.cases.js';
import { parkingCases } from './cases/parking.cases.js';
import { queuesCases } from './cases/queues.cases.js';
import { rateLimitsCases } from './cases/rate-limits.cases.js';
import { settlingCases } from './cases/settling.cases.js';
import { takingCases } from './cases/taking.cases.js';
import { BrokerBench, lackingOf, type BrokerCase, type BrokerNeed, type BrokerSubject } from './broker.bench.js';
import { describeCases, type Harness } from './suite.js';

/** All that a broker adapter promises. */
export const brokerCases: readonly BrokerCase[] = [
  ...takingCases,
  ...queuesCases,
  ...settlingCases,
  ...parkingCases,
  ...deathCases,
  ...abilitiesCases,
  ...rateLimitsCases,
  ...fanoutCases,
  ...jointResultsCases,
  ...joinsCases,
];

/** @param open starts on a namespace of its own, so that files can run in parallel */
export function brokerHarness(
  open: () => Promise<BrokerSubject>,
  patienceMs?: number,
): Harness<BrokerBench, BrokerNeed> {
  return {
    open: async () => BrokerBench.open(await open(), patienceMs),
    close: (bench) => bench.close(),
    lacking: lackingOf,
  };
}

export function describeBroker(name: string, open: () => Promise<BrokerSubject>): void {
  describeCases(`broker conformance: ${name}`, brokerCases, brokerHarness(open));
}
