import { describe, expect, it } from 'vitest';
import { QueueOrder } from '../../../../lib/brokers/virtual/queue-order.js';

describe('QueueOrder', () => {
  it('sends the queue that was served to the end with round_robin', () => {
    const order = new QueueOrder(['a', 'b', 'c'], 'round_robin');

    order.served('b');
    expect(order.current).toEqual(['a', 'c', 'b']);
    order.served('a');
    expect(order.current).toEqual(['c', 'b', 'a']);
    order.served('unknown');
    expect(order.current).toEqual(['c', 'b', 'a']);
  });

  it('keeps the order given with priority, each queue once', () => {
    const order = new QueueOrder(['b', 'a', 'b'], 'priority');

    order.served('b');

    expect(order.current).toEqual(['b', 'a']);
  });

  it('sorts by name with sorted, and keeps that', () => {
    const order = new QueueOrder(['c', 'a', 'b'], 'sorted');

    order.served('a');

    expect(order.current).toEqual(['a', 'b', 'c']);
  });
});
