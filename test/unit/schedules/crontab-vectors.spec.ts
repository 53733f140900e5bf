import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InvalidCrontabError } from '../../../lib/errors/index.js';
import { CRONTAB_FIELDS, parseCrontabField } from '../../../lib/schedules/crontab-field.js';
import { crontab, dueTick, every, type CrontabFieldValue } from '../../../lib/schedules/index.js';

interface ParseVector {
  readonly name: 'parse';
  readonly spec: string;
  readonly max: number;
  readonly min: number;
  readonly result: readonly number[] | { readonly error: string };
}

interface DueVector {
  readonly last_run_at: string;
  readonly now: string;
  readonly is_due: boolean;
  readonly next_seconds: number;
}

interface CrontabVector extends DueVector {
  readonly name: 'crontab_due';
  readonly timezone: string;
  readonly crontab: Readonly<Record<string, CrontabFieldValue>>;
  readonly beat_cron_starting_deadline: number | null;
  readonly remaining_estimate: number;
}

interface IntervalVector extends DueVector {
  readonly name: 'interval_due';
  readonly run_every: number;
  readonly relative: boolean;
}

type Vector = ParseVector | CrontabVector | IntervalVector | { readonly name: 'solar' };

const fixture = new URL('../../fixtures/wire/schedules.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(fixture, 'utf8')) as { vectors: readonly Vector[] };
const named = <N extends Vector['name']>(name: N): Extract<Vector, { name: N }>[] =>
  vectors.filter((vector): vector is Extract<Vector, { name: N }> => vector.name === name);

/** When Celery says it is due and when it would look again, in ours. */
function celeryAnswer(vector: DueVector): { isDue: boolean; nextMs: number } {
  return { isDue: vector.is_due, nextMs: Date.parse(vector.now) + vector.next_seconds * 1_000 };
}

describe("crontab fields against Celery's", () => {
  it.each(named('parse'))('reads "$spec" of $max from $min on as Celery does', ({ spec, min, max, result }) => {
    const field = CRONTAB_FIELDS.find((candidate) => candidate.min === min && candidate.max === max + min - 1)!;

    if ('error' in result) expect(() => parseCrontabField(field, spec)).toThrow(InvalidCrontabError);
    else expect(parseCrontabField(field, spec)).toEqual(result);
  });
});

describe("crontab against Celery's is_due", () => {
  it.each(named('crontab_due'))('agrees on $crontab in $timezone after $last_run_at at $now', (vector) => {
    const camelCase = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const fields = Object.fromEntries(Object.entries(vector.crontab).map(([name, value]) => [camelCase(name), value]));
    const schedule = crontab({ ...fields, timezone: vector.timezone });
    const [last, now] = [Date.parse(vector.last_run_at), Date.parse(vector.now)];
    const deadlineMs =
      vector.beat_cron_starting_deadline === null ? undefined : vector.beat_cron_starting_deadline * 1_000;

    const { dueMs, nextMs } = dueTick(schedule, last, now, deadlineMs);

    expect({ isDue: dueMs !== undefined, nextMs }).toEqual(celeryAnswer(vector));
    expect(schedule.nextAfter(last, last)).toBe(now + vector.remaining_estimate * 1_000);
  });
});

describe("every against Celery's is_due", () => {
  it.each(named('interval_due'))('agrees on $run_every s, relative $relative, after $last_run_at at $now', (vector) => {
    const schedule = every(`${vector.run_every}s`, { relative: vector.relative });

    const { dueMs, nextMs } = dueTick(schedule, Date.parse(vector.last_run_at), Date.parse(vector.now));

    expect({ isDue: dueMs !== undefined, nextMs }).toEqual(celeryAnswer(vector));
  });
});

it('covers every vector but those of the sun', () => {
  expect(vectors.map(({ name }) => name).filter((name) => name !== 'solar')).toHaveLength(54);
});
