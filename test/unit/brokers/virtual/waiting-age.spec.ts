import { describe, expect, it } from 'vitest';
import { oldestAge } from '../../../../lib/brokers/virtual/waiting-age.js';
import { formatEnvelope, formatTaskMessage } from '../../../../lib/protocol/index.js';

const nowMs = Date.UTC(2026, 0, 1);

function envelope(sentMs: number | undefined, etaMs?: number): string {
  const route = { queue: 'q', exchange: '', routingKey: 'q' };
  const texts = { task: 'a', id: 'b', argsRepr: '()', kwargsRepr: '{}', origin: 'o' };
  const content = { body: '[]', contentType: 'application/json', contentEncoding: 'utf-8' };
  return formatEnvelope(formatTaskMessage({ ...route, ...texts, sentMs, etaMs }, content, JSON.stringify), 'tag');
}

describe('oldestAge', () => {
  it('is that of the one sent first, whatever stands before it', () => {
    expect(oldestAge([envelope(nowMs - 1_000), envelope(nowMs - 5_000), envelope(nowMs)], nowMs)).toBe(5_000);
  });

  it('counts from an eta that came after the sending', () => {
    expect(oldestAge([envelope(nowMs - 60_000, nowMs - 2_000)], nowMs)).toBe(2_000);
    expect(oldestAge([envelope(nowMs - 60_000, nowMs - 90_000)], nowMs)).toBe(60_000);
  });

  it('leaves out what does not say when it was sent, or cannot be read', () => {
    expect(oldestAge([], nowMs)).toBeUndefined();
    expect(oldestAge([envelope(undefined), 'garbage', '{}'], nowMs)).toBeUndefined();
    expect(oldestAge(['garbage', envelope(nowMs - 3_000)], nowMs)).toBe(3_000);
  });

  it('is never less than nothing, whatever the clock of the sender says', () => {
    expect(oldestAge([envelope(nowMs + 60_000)], nowMs)).toBe(0);
  });
});
