import { describe, expect, it } from 'vitest';
import { Bell } from '../../../../lib/brokers/virtual/bell.js';

describe('Bell', () => {
  const never = new AbortController().signal;

  it('remembers a ring that nobody waited for, once', async () => {
    const bell = new Bell();
    bell.ring();
    bell.ring();

    await bell.next(never);

    let isRung = false;
    const next = bell.next(never).then(() => (isRung = true));
    await Promise.resolve();
    expect(isRung).toBe(false);
    bell.ring();
    await next;
  });

  it('ends the wait when the signal aborts, and leaves no listener', async () => {
    const bell = new Bell();
    const controller = new AbortController();

    const waiting = bell.next(controller.signal);
    controller.abort();
    await waiting;
    await bell.next(controller.signal);

    bell.ring();
  });
});
