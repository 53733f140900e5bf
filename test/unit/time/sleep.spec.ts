import { describe, expect, it } from 'vitest';
import { sleep, VirtualClock } from '../../../lib/time/index.js';

describe('sleep', () => {
  it('resolves after the time has passed', async () => {
    const clock = new VirtualClock();
    let isOver = false;
    void sleep(clock, 1_000).then(() => (isOver = true));

    await clock.advance(999);
    expect(isOver).toBe(false);
    await clock.advance(1);
    expect(isOver).toBe(true);
  });

  it('rejects with the reason of an abort and leaves no timer', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleeping = sleep(clock, 1_000, controller.signal);

    controller.abort(new Error('shutting down'));

    await expect(sleeping).rejects.toThrow('shutting down');
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects at once when aborted before', async () => {
    const clock = new VirtualClock();

    await expect(sleep(clock, 1_000, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not listen to the signal any longer than it sleeps', async () => {
    const clock = new VirtualClock();
    const signal = new ListenerCountingSignal();
    const sleeping = sleep(clock, 5, signal.signal);
    expect(signal.listeners).toBe(1);

    await clock.advance(5);
    await sleeping;

    expect(signal.listeners).toBe(0);
  });
});

class ListenerCountingSignal {
  listeners = 0;
  readonly signal = new AbortController().signal;

  constructor() {
    const { signal } = this;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => (this.listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (this.listeners--, remove(...args));
  }
}
