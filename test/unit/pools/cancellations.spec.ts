import { describe, expect, it } from 'vitest';

import { Cancellations } from '../../../lib/pools/cancellations.js';

function setup() {
  const cancelled: string[] = [];
  const cancellations = new Cancellations<string>((item, reason) => cancelled.push(`${item}: ${String(reason)}`));
  return { cancelled, cancellations };
}

describe('Cancellations', () => {
  it('tells every item of a signal, with its reason', () => {
    const { cancelled, cancellations } = setup();
    const [one, other] = [new AbortController(), new AbortController()];
    cancellations.watch(one.signal, 'a');
    cancellations.watch(one.signal, 'b');
    cancellations.watch(other.signal, 'c');

    one.abort('stop');

    expect(cancelled).toEqual(['a: stop', 'b: stop']);
  });

  it('keeps quiet for an item that is no longer watched', () => {
    const { cancelled, cancellations } = setup();
    const controller = new AbortController();
    cancellations.watch(controller.signal, 'a');
    cancellations.watch(controller.signal, 'b');
    cancellations.unwatch(controller.signal, 'a');

    controller.abort('stop');

    expect(cancelled).toEqual(['b: stop']);
  });

  it('has one listener for a signal, and none when its last item is gone', () => {
    const { cancellations } = setup();
    const { signal } = new AbortController();
    let listeners = 0;
    const watched = Object.assign(Object.create(signal) as AbortSignal, {
      addEventListener: () => listeners++,
      removeEventListener: () => listeners--,
    });

    for (const item of ['a', 'b', 'c']) cancellations.watch(watched, item);
    expect(listeners).toBe(1);

    for (const item of ['a', 'b', 'c']) cancellations.unwatch(watched, item);
    expect(listeners).toBe(0);
  });
});
