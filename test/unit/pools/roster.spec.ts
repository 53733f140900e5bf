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
});
