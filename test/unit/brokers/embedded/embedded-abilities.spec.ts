import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { EmbeddedRevocationStore } from '../../../../lib/brokers/embedded/embedded-abilities.js';
import { openEmbeddedStore, releaseEmbeddedStore } from '../../../../lib/connections/index.js';
import { systemClock } from '../../../../lib/time/index.js';

it('keeps the newest revocations, up to its capacity', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ntq-revoked-'));
  const store = await openEmbeddedStore(folder, {}, systemClock);
  const revocations = new EmbeddedRevocationStore(() => store, 3);
  await revocations.revoke(['a', 'b', 'c'], 60_000);
  await revocations.revoke(['a', 'd'], 60_000);
  const told: string[] = [];

  const followed = await revocations.follow((ids) => told.push(...ids));

  expect(told).toEqual(['c', 'a', 'd']);
  await followed.close();
  await releaseEmbeddedStore(store);
  rmSync(folder, { recursive: true });
});
