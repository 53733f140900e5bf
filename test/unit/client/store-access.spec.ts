import { describe, expect, it, vi } from 'vitest';
import { UnsupportedByBrokerError } from '../../../lib/errors/index.js';
import { setupClient } from './fakes.js';

describe('TaskClient.deadLetters and TaskClient.queues', () => {
  it('connect when they are first used, and hand on what is asked', async () => {
    const { client, broker } = setupClient();
    const deadLetters = {
      list: vi.fn(async () => []),
      count: vi.fn(async () => 2),
      redrive: vi.fn(async () => 1),
      purge: vi.fn(async () => 3),
    };
    const queues = {
      size: vi.fn(async () => 4),
      purge: vi.fn(async () => 5),
      stats: vi.fn(),
      pause: vi.fn(),
      resume: vi.fn(),
      paused: vi.fn(async () => ['q']),
    };
    Object.assign(broker, { deadLetters, queues });

    expect(await client.deadLetters.list('q', { limit: 1 })).toEqual([]);
    expect(await client.deadLetters.count('q')).toBe(2);
    expect(await client.deadLetters.redrive('q', ['k'])).toBe(1);
    expect(await client.deadLetters.purge('q')).toBe(3);
    expect([await client.queues.size('q'), await client.queues.purge('q')]).toEqual([4, 5]);
    await client.queues.stats('q');
    await client.queues.pause('q');
    await client.queues.resume('r');
    expect(await client.queues.paused()).toEqual(['q']);

    expect(deadLetters.list).toHaveBeenCalledWith('q', { limit: 1 });
    expect(deadLetters.redrive).toHaveBeenCalledWith('q', ['k']);
    expect(queues.stats).toHaveBeenCalledWith('q');
    expect(queues.pause).toHaveBeenCalledWith('q');
    expect(queues.resume).toHaveBeenCalledWith('r');
    expect(broker.connects).toBe(1);
  });

  it('say so where the broker has none', async () => {
    const { client } = setupClient();

    await expect(client.deadLetters.list('q')).rejects.toThrow(UnsupportedByBrokerError);
    await expect(client.queues.size('q')).rejects.toThrow(UnsupportedByBrokerError);
  });
});
