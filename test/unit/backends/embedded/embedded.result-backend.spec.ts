import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createResultBackend, type ResultBackend } from '../../../../lib/backends/index.js';
import { openEmbeddedStore, releaseEmbeddedStore, type EmbeddedStore } from '../../../../lib/connections/index.js';
import { VirtualClock } from '../../../../lib/time/index.js';
import { chordsOf, groupsOf, part, record } from '../../../conformance/result-backend.bench.js';

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

  it('deletes expired chords with their parts, and saved groups', async () => {
    const chords = chordsOf(backend);
    await chords.report([part('a', 0), part('b', undefined), part('a', 0, { groupId: 'h' })]);
    await chords.close(['h']);
    await groupsOf(backend).save('g', [['g', null], []]);
    await clock.advance(43_200_000);
    await chords.report([part('a', 0, { groupId: 'younger' })]);
    await clock.advance(43_200_000);

    expect(await backend.cleanup?.()).toBe(3);

    const rows = (table: string): unknown => store.sql(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];
    expect(['chord', 'chord_part', 'saved_group'].map(rows)).toEqual([1, 1, 0]);
  });

  it('begins a chord of the same id anew once it has expired', async () => {
    const chords = chordsOf(backend);
    await chords.open([{ groupId: 'g', size: 1 }]);
    await chords.report([part('a', 0)]);
    await clock.advance(86_400_000);

    expect(await chords.parts('g')).toEqual([]);
    expect(await chords.report([part('b', 1, { size: 2 })])).toEqual(['counted']);
    expect(await chords.progress('g')).toEqual({ done: 1, size: undefined });
  });
});
