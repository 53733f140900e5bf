import { describe, expect, it } from 'vitest';
import { Beat, type BeatEntry, type BeatOptions } from '../../../lib/beat/index.js';
import type { OutgoingMessage } from '../../../lib/protocol/index.js';
import { crontab, every } from '../../../lib/schedules/index.js';
import { VirtualClock } from '../../../lib/time/index.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const message = { id: 'a' } as OutgoingMessage;

function setup(schedule: BeatEntry['schedule'], options: Partial<BeatOptions> = {}) {
  const clock = new VirtualClock({ now: NOON });
  const claimed: string[] = [];
  const warnings: string[] = [];
  const claims = new Set<string>();
  const make = (overrides: Partial<BeatOptions> = {}): Beat =>
    new Beat({
      entries: [{ name: 'report', schedule, message: () => message }],
      publishTick: (entry, dueMs) => {
        const claim = `${entry}@${new Date(dueMs).toISOString()}`;
        if (claims.has(claim)) return Promise.resolve(false);
        claims.add(claim);
        claimed.push(claim);
        return Promise.resolve(true);
      },
      clock,
      log: { log: () => undefined, warn: (text) => warnings.push(text) },
      ...options,
      ...overrides,
    });
  return { clock, claimed, warnings, make };
}

describe('Beat', () => {
  it('sends each tick at its time, the first one after it started', async () => {
    const { clock, claimed, make } = setup(every('30s'));
    const beat = make();

    beat.start();
    await clock.advance(65_000);
    await beat.stop();

    expect(claimed).toEqual(['report@2026-01-01T12:00:30.000Z', 'report@2026-01-01T12:01:00.000Z']);
  });

  it('sends each tick once, however many schedulers run', async () => {
    const { clock, claimed, make } = setup(crontab('* * * * *'));
    const beats = [make(), make(), make()];

    for (const beat of beats) beat.start();
    await clock.advance(180_000);
    await Promise.all(beats.map((beat) => beat.stop()));

    expect(claimed).toHaveLength(3);
  });

  it('tries a tick again that could not be sent, and warns', async () => {
    let failures = 2;
    const sent: number[] = [];
    const { clock, warnings, make } = setup(every('1m'), {
      publishTick: (_, dueMs) => {
        if (failures-- > 0) return Promise.reject(new Error('store is busy'));
        sent.push(dueMs);
        return Promise.resolve(true);
      },
    });
    const beat = make();

    beat.start();
    await clock.advance(63_000);
    await beat.stop();

    expect(sent).toEqual([NOON + 60_000]);
    expect(warnings).toEqual(
      Array(2).fill('Schedule "report" could not be sent, trying again in 1000 ms: store is busy'),
    );
  });

  it('sends nothing after it stopped', async () => {
    const { clock, claimed, make } = setup(every('30s'));
    const beat = make();

    beat.start();
    await beat.stop();
    await clock.advance(120_000);

    expect(claimed).toEqual([]);
  });

  it('tells of what it sent, not of what another had claimed', async () => {
    const told: string[] = [];
    const { clock, make } = setup(every('30s'));
    const first = make();
    const second = make({ onSent: (entry) => told.push(entry) });

    first.start();
    second.start();
    await clock.advance(31_000);
    await Promise.all([first.stop(), second.stop()]);

    expect(told).toEqual([]);
  });
});
