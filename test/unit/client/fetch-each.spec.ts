import { describe, expect, it } from 'vitest';
import { fetchEach } from '../../../lib/client/fetch-each.js';
import { DecodeError, ResultBackendUnavailableError } from '../../../lib/errors/index.js';
import type { TaskMeta } from '../../../lib/protocol/index.js';

/** A store in which states of ids that begin with `bad` cannot be read. */
function setup(): { readonly fetches: (readonly string[])[]; fetch(ids: readonly string[]): Promise<TaskMeta[]> } {
  const fetches: (readonly string[])[] = [];
  return {
    fetches,
    fetch: async (ids) => {
      fetches.push(ids);
      const bad = ids.find((id) => id.startsWith('bad'));
      if (bad !== undefined) throw new DecodeError(`${bad} cannot be read.`);
      return ids.map((taskId) => ({ taskId }) as TaskMeta);
    },
  };
}

const shown = (states: readonly unknown[]): readonly unknown[] =>
  states.map((state) => (state instanceof Error ? state.message : (state as TaskMeta).taskId));

describe('fetchEach', () => {
  it('is one fetch where all can be read', async () => {
    const store = setup();

    expect(shown(await fetchEach(store, ['a', 'b', 'c']))).toEqual(['a', 'b', 'c']);
    expect(store.fetches).toHaveLength(1);
  });

  it('has in the place of each that cannot be read why', async () => {
    const store = setup();
    const ids = Array.from({ length: 100 }, (_, index) => (index === 17 || index === 99 ? `bad${index}` : `n${index}`));

    const states = shown(await fetchEach(store, ids));

    expect(states).toEqual(ids.map((id) => (id.startsWith('bad') ? `${id} cannot be read.` : id)));
    expect(store.fetches.length).toBeLessThan(40);
  });

  it('throws what is wrong with the store itself', async () => {
    const error = new ResultBackendUnavailableError('memory:a', 'it is gone.');

    await expect(fetchEach({ fetch: () => Promise.reject(error) }, ['a', 'b'])).rejects.toBe(error);
  });
});
