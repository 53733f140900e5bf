import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResultBackend, type ResultBackend } from '../../../../lib/backends/index.js';
import { openEmbeddedStore, releaseEmbeddedStore, type EmbeddedStore } from '../../../../lib/connections/index.js';
import { VirtualClock } from '../../../../lib/time/index.js';
import { record } from '../../../conformance/result-backend.bench.js';

describe('the embedded result backend', () => {
  let clock: VirtualClock;
  let folder: string;
  let store: EmbeddedStore;
  let backend: ResultBackend;

  beforeEach(async () => {
    clock = new VirtualClock();
    folder = mkdtempSync(path.join(tmpdir(), 'ntq-results-'));
    store = await openEmbeddedStore(folder, {}, clock);
    backend = createResultBackend(`embedded:${folder}`, {}, { clock });
    await backend.connect();
  });
  afterEach(async () => {
    await backend.close();
    await releaseEmbeddedStore(store);
    rmSync(folder, { recursive: true });
  });

  const countRows = (): unknown => store.sql('SELECT count(*) AS n FROM result').get()?.['n'];

  it('keeps results for a day unless told otherwise', async () => {
    await backend.storeResults([record('a')]);

    await clock.advance(86_399_999);
    expect(await backend.fetch(['a'])).toMatchObject([{ status: 'SUCCESS' }]);
    await clock.advance(1);
    expect(await backend.fetch(['a'])).toEqual([undefined]);
  });

  it('deletes what has expired in the background while it stores, at most once a minute', async () => {
    await backend.storeResults(Array.from({ length: 600 }, (_, index) => record(`old${index}`)));
    await clock.advance(86_400_000);

    await backend.storeResults([record('new')]);
    await clock.settle();

    expect(countRows()).toBe(1);
  });

  it('lets SUCCESS be replaced once it has expired', async () => {
    await backend.storeResults([record('a')]);
    await clock.advance(86_400_000);

    await backend.storeResults([record('a', { status: 'STARTED' })]);

    expect(await backend.fetch(['a'])).toMatchObject([{ status: 'STARTED' }]);
  });
});
