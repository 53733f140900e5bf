import { GCProfiler, setFlagsFromString, type GCProfilerResult } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';

import { Roster } from '../../../lib/pools/roster.js';

describe('Roster', () => {
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
