import { GCProfiler, setFlagsFromString, type GCProfilerResult } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

import { Roster } from '../../../lib/pools/roster.js';

function setup(...items: string[]) {
  const roster = new Roster<string>();
  const places = items.map((item) => roster.add(item));
  return { roster, places };
}

describe('Roster', () => {
  it('keeps the order in which they came, whoever leaves', () => {
    const { roster, places } = setup('a', 'b', 'c', 'd', 'e');

    for (const at of [2, 0, 4]) roster.remove(places[at]!);
    roster.add('f');

    expect([...roster]).toEqual(['b', 'd', 'f']);
    expect([roster.first, roster.size]).toEqual(['b', 3]);
  });

  it('is empty, and filled again, after the last has left', () => {
    const { roster, places } = setup('a');

    roster.remove(places[0]!);
    expect([roster.first, roster.size, [...roster]]).toEqual([undefined, 0, []]);

    roster.add('b');
    expect([roster.first, roster.size, [...roster]]).toEqual(['b', 1, ['b']]);
  });

  it('tells whether somebody was still there', () => {
    const { roster, places } = setup('a', 'b');

    expect([roster.remove(places[0]!), roster.remove(places[0]!), roster.size]).toEqual([true, false, 1]);
  });

  it('leaves those of another roster alone', () => {
    const { roster } = setup('a');
    const other = setup('b');

    expect(roster.remove(other.places[0]!)).toBe(false);
    expect([[...roster], [...other.roster]]).toEqual([['a'], ['b']]);
  });

  it('shows nobody who has left before his turn', () => {
    const { roster, places } = setup('a', 'b', 'c');
    const seen: string[] = [];

    for (const item of roster) {
      seen.push(item);
      roster.remove(places[1]!);
    }

    expect(seen).toEqual(['a', 'c']);
  });

  // Of what passes through a Set all that its tables hold when they are used up becomes old, once a full collection has made one of them old.
  it('lets nothing of a crowd that passes through it become old', () => {
    const roster = new Roster<readonly number[]>();
    const places = Array.from({ length: 100 }, () => roster.add(heavy()));
    collectAll();
    const profiler = new GCProfiler();
    profiler.start();

    for (let come = 0; come < 60_000; come += 1) {
      roster.remove(places[come % 100]!);
      places[come % 100] = roster.add(heavy());
    }

    expect(becameOld(profiler.stop().statistics)).toBeLessThan(10 * MIB); // of 95
  });
});

const MIB = 1_048_576;

/** 1.6 KB. */
function heavy(): readonly number[] {
  return Array.from({ length: 200 }, (_, index) => index);
}

function collectAll(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Bytes that young collections have moved to the old generation, whether they lived or not. */
function becameOld(collections: GCProfilerResult['statistics']): number {
  const old = (heap: GCProfilerResult['statistics'][number]['afterGC']): number =>
    heap.heapSpaceStatistics.find(({ spaceName }) => spaceName === 'old_space')?.spaceUsedSize ?? 0;
  return collections
    .filter(({ gcType }) => gcType === 'Scavenge')
    .reduce((sum, { beforeGC, afterGC }) => sum + old(afterGC) - old(beforeGC), 0);
}
