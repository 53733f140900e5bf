import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';
import type { Admission, RateLimits } from '../../../lib/brokers/index.js';
import type { BrokerBench, BrokerCase } from '../broker.bench.js';

/** By which two clocks of one machine may differ in that time. */
const CLOCK_MS = 2;

export const rateLimitsCases: readonly BrokerCase[] = [
  {
    name: 'gives each message a token of its own, as far apart as the interval, whoever asks',
    needs: ['rateLimits'],
    async run(bench) {
      const [limits, peer] = await openTwo(bench);
      const beganMs = performance.now();

      const first = await limits.admit('t', ['a', 'b'], 300);
      const [third] = await peer.admit('t', ['c'], 300);
      const goneMs = performance.now() - beganMs;
      const [other] = await peer.admit('u', ['a'], 300);

      expect([runIn(first[0]), runIn(other)]).toEqual([0, 0]);
      expect(runIn(first[1])).toBeCloseTo(300, 0);
      expect(runIn(third)).toBeGreaterThanOrEqual(Math.max(0, 600 - goneMs - CLOCK_MS));
      expect(runIn(third)).toBeLessThanOrEqual(600);
    },
  },
  {
    name: 'sends away who would have to wait for long, each to a later turn',
    needs: ['rateLimits'],
    async run(bench) {
      const [limits, peer] = await openTwo(bench);
      const beganMs = performance.now();
      await limits.admit('t', ['a'], 4_000);

      const waits = [
        ...(await limits.admit('t', ['b', 'c'], 4_000)),
        ...(await peer.admit('t', ['d', 'b'], 4_000)), // b comes too early
      ].map(waitFor);

      const goneMs = performance.now() - beganMs;
      const [b = 0, c = 0, d = 0, again = 0] = waits;
      expect(b).toBeGreaterThan(Math.min(2_000, 3_500 - goneMs - CLOCK_MS));
      expect(b).toBeLessThanOrEqual(3_500);
      expect(c - b).toBeCloseTo(4_000, -2);
      expect(again).toBeLessThanOrEqual(b);
      expect(b - again).toBeLessThanOrEqual(goneMs + CLOCK_MS);
      expect(d).toBeGreaterThan(c); // or half of that, where it is long
    },
  },
  {
    name: 'lets nobody pass those who wait, and each begin at its turn',
    needs: ['rateLimits'],
    async run(bench) {
      const [limits, peer] = await openTwo(bench);
      await limits.admit('t', ['a', 'b'], 1_000);
      const [c] = await limits.admit('t', ['c', 'd'], 1_000);

      await new Promise((resolve) => setTimeout(resolve, waitFor(c)));
      const [late] = await peer.admit('t', ['late'], 1_000);
      const [returned] = await peer.admit('t', ['c'], 1_000);

      expect([returned?.as, late?.as]).toEqual(['run', 'wait']);
    },
  },
  {
    name: 'obeys another interval from the next question on',
    needs: ['rateLimits'],
    async run(bench) {
      const [limits] = await openTwo(bench);
      await limits.admit('t', ['a'], 20);

      const quick = await limits.admit('t', ['b', 'c', 'd'], 20);

      expect(quick.map(({ as }) => as)).toEqual(['run', 'run', 'run']);
      expect(runIn(quick[2]) - runIn(quick[0])).toBeCloseTo(40, 0);
    },
  },
];

async function openTwo(bench: BrokerBench): Promise<readonly [RateLimits, RateLimits]> {
  const peer = await bench.peer();
  if (bench.broker.rateLimits === undefined || peer.rateLimits === undefined) {
    throw new Error('The case needs "rateLimits".');
  }
  return [bench.broker.rateLimits, peer.rateLimits];
}

function runIn(admission: Admission | undefined): number {
  expect(admission?.as).toBe('run');
  return admission?.as === 'run' ? admission.inMs : NaN;
}

function waitFor(admission: Admission | undefined): number {
  expect(admission?.as).toBe('wait');
  return admission?.as === 'wait' ? admission.forMs : NaN;
}
