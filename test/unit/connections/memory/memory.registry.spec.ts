import { describe, expect, it } from 'vitest';
import { openMemoryStore, releaseMemoryStore } from '../../../../lib/connections/index.js';
import { systemClock, VirtualClock } from '../../../../lib/time/index.js';

describe('memory stores', () => {
  it('are shared by name as long as one has them open', () => {
    const [one, other] = [openMemoryStore('memory:shared', systemClock), openMemoryStore('memory:shared', systemClock)];
    releaseMemoryStore(one);
    const third = openMemoryStore('memory:shared', systemClock);

    expect([other, third]).toEqual([one, one]);

    releaseMemoryStore(one);
    releaseMemoryStore(one);
    const afresh = openMemoryStore('memory:shared', systemClock);
    expect(afresh).not.toBe(one);
    releaseMemoryStore(afresh);
  });

  it('are apart under other names', () => {
    const [one, other] = [openMemoryStore('memory:one', systemClock), openMemoryStore('memory:other', systemClock)];

    expect(one).not.toBe(other);

    releaseMemoryStore(one);
    releaseMemoryStore(other);
  });

  it('refuse a second clock', () => {
    const store = openMemoryStore('memory:clock', systemClock);

    expect(() => openMemoryStore('memory:clock', new VirtualClock())).toThrow(
      /clock that "memory:clock" was opened with/,
    );

    releaseMemoryStore(store);
  });
});
