import { expect, it } from 'vitest';
import { RevocationTable } from '../../../../lib/connections/memory/revocation-table.js';
import { VirtualClock } from '../../../../lib/time/index.js';

it('keeps the newest revocations, up to its capacity', () => {
  const table = new RevocationTable(new VirtualClock(), 3);

  table.add(['a', 'b', 'c'], 60_000);
  table.add(['a', 'd'], 60_000);

  expect(table.inForce().map(({ taskId }) => taskId)).toEqual(['c', 'a', 'd']);
});
