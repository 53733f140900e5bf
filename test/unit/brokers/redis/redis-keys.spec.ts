import { describe, expect, it } from 'vitest';
import { RedisKeys } from '../../../../lib/brokers/redis/redis-keys.js';
import { listOf } from '../../../../lib/brokers/redis/redis-lists.js';

describe('RedisKeys', () => {
  it.each(['', 'shop:'])('puts the prefix %j before each once', (prefix) => {
    const keys = new RedisKeys(prefix);
    const list = keys.list('celery', 3);
    const all = [
      ...[keys.unacked, keys.index, keys.mutex, keys.workers, keys.fenced, keys.parked, keys.suspects, keys.revoked],
      ...[keys.paused, keys.steps, list, keys.head(list), keys.worker('o'), keys.sender('s'), keys.losses('id', 2)],
      ...[keys.tick('nightly', 5), keys.dead('celery'), keys.binding('celery')],
    ];

    expect(all.every((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes('shop:'))).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });

  it("uses kombu's names for what is kombu's", () => {
    const keys = new RedisKeys('p.');

    expect([keys.list('q', 0), keys.list('q', 9)]).toEqual(['p.q', 'p.q\u0006\u00169']);
    expect([keys.unacked, keys.index, keys.mutex]).toEqual(['p.unacked', 'p.unacked_index', 'p.unacked_mutex']);
    expect(keys.binding('ex')).toBe('p._kombu.binding.ex');
    expect(keys.permanentBinding('ex')).toBe('p._kombu.binding_permanent.ex');
  });

  it('keeps a queue and the dead of it, a step of it, its head, apart', () => {
    const list = listOf(new RedisKeys(''), 'q', 6);

    expect(list).toEqual({
      queue: 'q',
      step: 6,
      key: 'q\u0006\u00166',
      head: 'ntq:head:q\u0006\u00166',
      tail: ',"","q"]',
    });
  });
});
